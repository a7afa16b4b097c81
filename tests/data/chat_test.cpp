#include "data/chat.h"

#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

constexpr const char* kRow =
    R"({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "ab"}]})";

TEST(ChatDataset, RowsOfAFile) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl", fmt::format("{}\n{{\"messages\": []}}\n", kRow));
  const TextContext context = chatml_context();
  const auto dataset = make_chat_dataset({.paths = {path}}, context);
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(show_sample(dataset->sample(0), context.tokenizer, MarkStyle::brackets),
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n[ab<|im_end|>]\n");
  EXPECT_EQ(error_of([&] { dataset->sample(1); }),
            path + ":2: 'messages' is empty: there is nothing to learn");
}

TEST(ChatDataset, AnswersThatAreNotWantedAreNotLearnt) {
  const ScratchFolder folder;
  const std::string prompt = R"({"role": "user", "content": "q"})";
  const std::string answer = R"({"role": "assistant", "content": "a"})";
  const auto path = folder.write(
      "rows.jsonl", fmt::format(R"({{"prompt": [{0}], "completion": [{1}], "label": false}}
{{"prompt": [{0}], "completion": [{1}], "label": true}}
{{"conversations": [{0}, {1}, {0}], "chosen": {1}, "rejected": {1}}}
{{"messages": [{0}, {1}], "chosen": [{0}, {1}], "rejected": [{0}, {1}]}}
{{"messages": [{0}, {1}, {0}], "chosen": null, "rejected": null}}
)",
                                prompt, answer));
  const auto dataset = make_chat_dataset({.paths = {path}}, chatml_context());
  EXPECT_THAT(error_of([&] { dataset->sample(0); }),
              ::testing::HasSubstr("'label' is false: its completion is one that is not wanted"));
  EXPECT_THAT(error_of([&] { dataset->sample(2); }),
              ::testing::HasSubstr("append the chosen answer to them as the assistant's turn"));
  for (const std::int64_t row : {1, 3, 4}) {
    EXPECT_EQ(error_of([&] { dataset->sample(row); }), "no error");
  }
}

TEST(ChatDataset, LimitsAndTemplates) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl", kRow);
  TextContext context = test_context();
  context.max_tokens = 10;
  EXPECT_THAT(error_of([&] { make_chat_dataset({.paths = {path}}, context); }),
              ::testing::HasSubstr("has no chat template"));
  ChatOptions options;
  options.paths = {path};
  options.chat_template = kChatMl;
  const auto dataset = make_chat_dataset(options, context);
  EXPECT_THAT(error_of([&] { dataset->sample(0); }),
              ::testing::StartsWith(path + ":1: the row has 23 tokens, more than the 10"));
}

TEST(ChatDataset, Keys) {
  Keys keys({{"path_or_dataset_id", {"a.jsonl", "b.jsonl"}},
             {"split", "train[:10]"},
             {"seq_length", 64},
             {"truncation", true},
             {"padding", false},
             {"chat_template", "t.jinja"},
             {"shuffle_seed", 3},
             {"mask_history", true},
             {"mask_reasoning_content", true},
             {"skip_invalid_samples", true},
             {"start_of_turn_token", "<t>"},
             {"unshifted", false}},
            "dataset X");
  const ChatOptions options = read_chat_options(keys);
  keys.finish();
  EXPECT_EQ(options.paths, (std::vector<std::string>{"a.jsonl", "b.jsonl"}));
  EXPECT_EQ(options.split, "train[:10]");
  EXPECT_EQ(options.limit, (LengthLimit{.truncate = true, .seq_length = 64}));
  EXPECT_EQ(options.chat_template, "t.jinja");
  EXPECT_EQ(options.rows.shuffle_seed, 3U);
  EXPECT_EQ(options.mask, (MaskOptions{.mask_history = true, .mask_reasoning_content = true}));
  EXPECT_TRUE(options.rows.source.skip_invalid);
  Keys unshifted({{"path_or_dataset_id", "a"}, {"unshifted", true}}, "dataset X");
  EXPECT_THAT(error_of([&] { read_chat_options(unshifted); }),
              ::testing::HasSubstr("'unshifted' = true is not supported yet"));
}

}  // namespace
}  // namespace automodel::data
