#include "data/instruction.h"

#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

class Instructions : public ::testing::Test {
 protected:
  std::string shown(InstructionOptions options, const TextContext& context) const {
    options.paths = {path_};
    const auto dataset = make_instruction_dataset(options, context);
    return show_sample(dataset->sample(0), context.tokenizer, MarkStyle::brackets);
  }

  ScratchFolder folder_;
  std::string path_ = folder_.write(
      "rows.jsonl", R"({"ctx": "C", "ask": "Q", "out": "y", "text": "Long", "number": 5})");
};

const ColumnMapping kAll = {.context = "ctx", .question = "ask", .answer = "out"};
const ColumnMapping kQuestion = {.question = "ask", .answer = "out"};
const ColumnMapping kText = {.answer = "text"};
const ColumnMapping kQuestionOnly = {.question = "ask"};
const ColumnMapping kContext = {.context = "ctx", .answer = "out"};

TEST_F(Instructions, AsPlainText) {
  EXPECT_EQ(shown({.columns = kAll}, test_context()), "C Q [y</s>]");
  EXPECT_EQ(shown({.columns = kQuestion}, test_context()), "Q [y</s>]");
  EXPECT_EQ(shown({.columns = kContext}, test_context()), "C [y</s>]");
  EXPECT_EQ(shown({.columns = kAll, .answer_only = false}, test_context()), "C[ Q y</s>]");
}

TEST_F(Instructions, TextsWithoutAPromptAreLearntFromTheirBeginning) {
  EXPECT_EQ(shown({.columns = kText}, test_context()), "L[ong</s>]");
  const auto dataset =
      make_instruction_dataset({.paths = {path_}, .columns = kText}, test_context());
  EXPECT_TRUE(dataset->sample(0).notes.all_learnt);
}

TEST_F(Instructions, AsAChat) {
  const auto chat = [&](const ColumnMapping& columns, bool answer_only = true) {
    return shown({.columns = columns, .answer_only = answer_only, .use_chat_template = true},
                 chatml_context());
  };
  const std::string answer = "<|im_start|>assistant\n[y<|im_end|>]\n";
  EXPECT_EQ(chat(kAll),
            "<|im_start|>system\nC<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n" + answer);
  EXPECT_EQ(chat(kQuestion), "<|im_start|>user\nQ<|im_end|>\n" + answer);
  EXPECT_EQ(chat(kContext), "<|im_start|>user\nC<|im_end|>\n" + answer);
  EXPECT_THAT(chat(kAll, false), ::testing::StartsWith("<|im_start|>[system\nC"));
  EXPECT_THAT(
      error_of([&] { shown({.columns = kAll, .use_chat_template = true}, test_context()); }),
      ::testing::HasSubstr("has no chat template"));
}

TEST_F(Instructions, AnEmptyContextIsNone) {
  path_ = folder_.write("empty.jsonl", R"({"ctx": "", "ask": "Q", "out": "y"})");
  EXPECT_EQ(shown({.columns = kAll}, test_context()), "Q [y</s>]");
  EXPECT_EQ(shown({.columns = kAll, .use_chat_template = true}, chatml_context()),
            "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n[y<|im_end|>]\n");
  path_ = folder_.write("null.jsonl", R"({"ctx": null, "ask": "Q", "out": "y"})");
  EXPECT_EQ(shown({.columns = kAll}, test_context()), "Q [y</s>]");
}

TEST_F(Instructions, ColumnsMustBeThereAndHoldText) {
  EXPECT_THAT(
      error_of([&] { shown({.columns = {.question = "asks", .answer = "out"}}, test_context()); }),
      ::testing::StartsWith(path_ + ":1: the row has no column 'asks'; did you mean 'ask'?"));
  EXPECT_THAT(error_of([&] {
                shown({.columns = {.question = "number", .answer = "out"}}, test_context());
              }),
              ::testing::HasSubstr("column 'number' must hold a string"));
  EXPECT_THAT(error_of([&] { shown({.columns = kQuestionOnly}, test_context()); }),
              ::testing::StartsWith("column_mapping must name the column of the answer"));
  EXPECT_THAT(
      error_of([&] { shown({.columns = kText, .use_chat_template = true}, chatml_context()); }),
      ::testing::StartsWith("use_hf_chat_template needs a user's turn"));
}

TEST_F(Instructions, KeysOfStreamedRows) {
  const Json common = {{"path_or_dataset_id", "a.jsonl"}, {"column_mapping", {{"answer", "a"}}}};
  Json good = common;
  good.update({{"repeat_on_exhaustion", false}, {"start_of_turn_token", "x"}, {"name", "small"}});
  Keys keys(good, "dataset X");
  EXPECT_EQ(read_streamed_instruction_options(keys).rows.configuration, "small");
  keys.finish();
  Json bad = common;
  bad["delta_version"] = 3;
  Keys bad_keys(bad, "dataset X");
  EXPECT_THAT(error_of([&] { read_streamed_instruction_options(bad_keys); }),
              ::testing::HasSubstr("is not supported"));
}

TEST_F(Instructions, Keys) {
  Keys keys({{"path_or_dataset_id", "a.jsonl"},
             {"column_mapping", {{"context", "c"}, {"question", "q"}, {"answer", "a"}}},
             {"answer_only_loss_mask", false},
             {"use_hf_chat_template", true},
             {"limit_dataset_samples", 7},
             {"seq_length", 32}},
            "dataset X");
  const InstructionOptions options = read_instruction_options(keys);
  keys.finish();
  EXPECT_EQ(options.columns, (ColumnMapping{"c", "q", "a"}));
  EXPECT_FALSE(options.answer_only);
  EXPECT_TRUE(options.use_chat_template);
  EXPECT_EQ(options.rows.max_rows, 7);
  EXPECT_EQ(options.limit.seq_length, 32);
  Keys bad({{"path_or_dataset_id", "a"}, {"column_mapping", {{"anwser", "a"}}}}, "dataset X");
  EXPECT_EQ(error_of([&] { read_instruction_options(bad); }),
            "column_mapping has no part 'anwser'; did you mean 'answer'?; parts are context, "
            "question, answer");
}

}  // namespace
}  // namespace automodel::data
