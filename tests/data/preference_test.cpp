#include "data/preference.h"

#include "base/text.h"
#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

std::string shown_pair(const std::string& row, const TextContext& context,
                       const LengthLimit& limit = {}) {
  const ScratchFolder folder;
  const auto dataset = make_preference_dataset(
      {.paths = {folder.write("rows.jsonl", row + "\n")}, .limit = limit}, context);
  const TokenizedSample sample = dataset->sample(0);
  EXPECT_EQ(sample.document_lengths.size(), 2U);
  return show_sample(sample, context.tokenizer, MarkStyle::brackets);
}

constexpr const char* kAskedTurn = R"({"role": "user", "content": "q"})";

/// What the documents of a question and its answers look like, one after the other.
std::string both(const std::string& chosen, const std::string& rejected,
                 const std::string& question = "q") {
  const ScratchFolder folder;
  const TextContext context = chatml_context();
  TokenizedSample sample;
  for (const std::string& answer : {chosen, rejected}) {
    const std::string prompt =
        "<|im_start|>user\n" + question + "<|im_end|>\n<|im_start|>assistant\n";
    const auto ids = context.tokenizer.encode(prompt + answer + "<|im_end|>\n").ids;
    const auto first = context.tokenizer.encode(prompt).ids.size();
    std::vector<std::uint8_t> learnt(ids.size(), 1);
    std::fill_n(learnt.begin(), first, 0);
    learnt.back() = 0;
    append_document(sample, ids, learnt);
  }
  return show_sample(sample, context.tokenizer, MarkStyle::brackets);
}

TEST(Preference, RowsOfEveryForm) {
  const std::string expected = both("yes", "no");
  EXPECT_THAT(expected, HasSubstr("[yes<|im_end|>]"));
  for (const auto* row :
       {R"({"prompt": "q", "chosen": "yes", "rejected": "no"})",
        R"({"prompt": [{"role": "user", "content": "q"}],
            "chosen": [{"role": "assistant", "content": "yes"}],
            "rejected": [{"role": "assistant", "content": "no"}]})",
        R"({"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "yes"}],
            "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "no"}]})",
        R"({"conversations": [{"from": "human", "value": "q"}],
            "chosen": {"from": "gpt", "value": "yes"}, "rejected": {"from": "gpt", "value": "no"}})",
        R"({"messages": [{"role": "user", "content": "q"}], "chosen": "yes", "rejected": "no"})"}) {
    EXPECT_EQ(shown_pair(replace_all(row, "\n", " "), chatml_context()), expected) << row;
  }
}

/// {<before>, chosen: [<turn>, yes], rejected: [<turn>, no]}
std::string row_of_conversations(const std::string& before, const std::string& turn = kAskedTurn) {
  return fmt::format(R"({{{}"chosen": [{}, {{"role": "assistant", "content": "yes"}}], )"
                     R"("rejected": [{}, {{"role": "assistant", "content": "no"}}]}})",
                     before, turn, turn);
}

TEST(Preference, APromptBesideConversationsIsNotShownTwice) {
  const std::string messages =
      fmt::format(R"("messages": [{}, {{"role": "assistant", "content": "yes"}}], )", kAskedTurn);
  for (const std::string& before :
       {std::string(R"("prompt": "q", )"), std::string(R"("prompt": "", )"),
        R"("prompt": "q", )" + messages, fmt::format(R"("prompt": [{}], )", kAskedTurn),
        fmt::format(R"("messages": [{}], )", kAskedTurn)}) {
    EXPECT_EQ(shown_pair(row_of_conversations(before), chatml_context()), both("yes", "no"))
        << before;
  }
  EXPECT_EQ(shown_pair(row_of_conversations(
                           R"("prompt": " r\n", )",
                           fmt::format(R"({}, {{"role": "assistant", "content": "old"}}, )"
                                       R"({{"role": "user", "content": "r"}})",
                                       kAskedTurn)),
                       chatml_context()),
            both("yes", "no",
                 "q<|im_end|>\n<|im_start|>assistant\nold<|im_end|>\n"
                 "<|im_start|>user\nr"))
      << "a later turn";
  EXPECT_THAT(shown_pair(row_of_conversations(R"("prompt": [{"role": "user", "content": "r"}], )"),
                         chatml_context()),
              HasSubstr("user\nr<|im_end|>\n<|im_start|>user\nq<|im_end|>"))
      << "turns of its own";
  EXPECT_THAT(shown_pair(row_of_conversations(R"("prompt": "q", )",
                                              R"({"role": "assistant", "content": "I look."})"),
                         chatml_context()),
              ::testing::StartsWith("<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n"))
      << "answers that begin alike";
}

TEST(Preference, OnlyWhatFollowsThePromptIsLearnt) {
  const auto text = shown_pair(
      R"({"prompt": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "old"},)"
      R"({"role": "user", "content": "r"}], "chosen": "yes", "rejected": "no"})",
      chatml_context());
  EXPECT_THAT(text, HasSubstr("assistant\nold<|im_end|>"));
  EXPECT_THAT(text, HasSubstr("[yes<|im_end|>]"));
  EXPECT_THAT(text, HasSubstr("[no<|im_end|>]"));
}

TEST(Preference, ACallThatTheAnswerBeginsWithIsLearnt) {
  const auto text = shown_pair(
      R"({"prompt": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "I look."}],)"
      R"("chosen": [{"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {}}"}],)"
      R"("rejected": "no"})",
      test_context({{"default",
                     "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content }}"
                     "{% for c in m.tool_calls or [] %}{{ 'call ' + c.function.name }}{% endfor %}"
                     "{{ '<|im_end|>\n' }}{% endfor %}"
                     "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"}}));
  EXPECT_THAT(text, HasSubstr("assistant\nI look.<|im_end|>\n"));
  EXPECT_THAT(text, HasSubstr("assistant\n[call f<|im_end|>]"));
  EXPECT_THAT(text, HasSubstr("assistant\n[no<|im_end|>]"));
}

TEST(Preference, AColumnIsTheSystemTurn) {
  const auto text = shown_pair(
      R"({"system": "S", "prompt": "q", "chosen": "yes", "rejected": "no"})", chatml_context());
  EXPECT_THAT(text, ::testing::StartsWith("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nq"));
  EXPECT_THAT(text, HasSubstr("[no<|im_end|>]"));
}

TEST(Preference, TextsWithoutATemplate) {
  EXPECT_THAT(shown_pair(R"({"prompt": "q: ", "chosen": "yes", "rejected": "no"})", test_context()),
              ::testing::AllOf(HasSubstr("q: [yes</s>]"), HasSubstr("q: [no</s>]")));
  EXPECT_THAT(
      error_of([] {
        shown_pair(
            R"({"prompt": [{"role": "user", "content": "q"}], "chosen": "a", "rejected": "b"})",
            test_context());
      }),
      HasSubstr("rows.jsonl:1: column 'prompt' must hold a string"));
}

TEST(Preference, BothSidesMustBeLearntAfterTruncation) {
  const std::string row = R"({"prompt": "q", "chosen": "yes", "rejected": "no"})";
  const LengthLimit limit{.truncate = true, .seq_length = 12};
  EXPECT_THAT(error_of([&] { shown_pair(row, chatml_context(), limit); }),
              HasSubstr("after truncation to 12 tokens nothing learnt is left"));
}

TEST(Preference, PairsThatCannotBeAreNamed) {
  const auto error = [](const std::string& row) {
    return error_of([&] { shown_pair(row, chatml_context()); });
  };
  EXPECT_THAT(error(R"({"prompt": "q", "chosen": "a", "rejected": "a"})"),
              HasSubstr("rows.jsonl:1: 'chosen' and 'rejected' are the same"));
  EXPECT_THAT(error(R"({"prompt": "q", "chosen": "a"})"), HasSubstr("no column 'rejected'"));
  EXPECT_THAT(
      error(R"({"prompt": "q", "chosen": "a", "rejected": 3})"),
      HasSubstr("column 'rejected' must hold a text, a turn or a list of turns, found number"));
  EXPECT_THAT(
      error(R"({"prompt": "q", "chosen": "a", "rejected": {"role": "assistant"}})"),
      HasSubstr("rows.jsonl:1: with 'rejected' as completion: completion[0] has no content"));
  EXPECT_THAT(error(R"({"chosen": [{"role": "user", "content": "q"}],)"
                    R"( "rejected": [{"role": "user", "content": "r"}]})"),
              HasSubstr("'chosen' and 'rejected' begin with different turns"));
  EXPECT_THAT(error(row_of_conversations(R"("prompt": "Answer in French.", )")),
              HasSubstr("column 'prompt' is \"Answer in French.\", but 'chosen' and 'rejected' "
                        "begin with the question \"q\", and none of the turns that they have in "
                        "common is the prompt; leave out 'prompt', or make it such a turn"));
  const std::string instructions = R"({"role": "system", "content": "Answer in French."}, )";
  EXPECT_EQ(
      error(row_of_conversations(R"("prompt": "Answer in French.", )", instructions + kAskedTurn)),
      "no error");
}

TEST(Preference, Keys) {
  Keys keys({{"path_or_dataset_id", "x.jsonl"},
             {"split", "test"},
             {"name", "small"},
             {"limit_dataset_samples", 3},
             {"skip_invalid_samples", true},
             {"seq_length", 8},
             {"padding", true},
             {"truncation", true},
             {"chat_template", kChatMl}},
            "dataset X");
  const PreferenceOptions options = read_preference_options(keys);
  keys.finish();
  EXPECT_EQ(options.split, "test");
  EXPECT_EQ(options.rows.configuration, "small");
  EXPECT_EQ(options.rows.max_rows, 3);
  EXPECT_TRUE(options.rows.source.skip_invalid);
  EXPECT_EQ(options.limit, (LengthLimit{.truncate = true, .seq_length = 8}));
  EXPECT_EQ(options.chat_template, kChatMl);
}

}  // namespace
}  // namespace automodel::data
