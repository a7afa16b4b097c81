#include "data/squad.h"

#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

class Squad : public ::testing::Test {
 protected:
  std::string shown(std::int64_t row, const TextContext& context) const {
    const auto dataset = make_squad_dataset({.paths = {path_}}, context);
    return show_sample(dataset->sample(row), context.tokenizer, MarkStyle::brackets);
  }

  ScratchFolder folder_;
  std::string path_ = folder_.write(
      "rows.jsonl",
      R"({"context": "c", "question": "q", "answers": {"text": [" y ", "z"], "answer_start": [0, 1]}}
{"context": "c", "question": "q", "answers": {"text": []}}
{"context": "c", "question": "q", "answers": ["y"]}
)");
};

TEST_F(Squad, AsTextOrChat) {
  EXPECT_EQ(shown(0, test_context()), "Context: c Question: q Answer: [y</s>]");
  EXPECT_EQ(shown(1, test_context()), "Context: c Question: q Answer: [</s>]");
  EXPECT_EQ(shown(0, chatml_context()),
            "<|im_start|>user\nContext: c Question: q Answer: <|im_end|>\n"
            "<|im_start|>assistant\n[y<|im_end|>]\n");
  EXPECT_THAT(
      error_of([&] { shown(2, test_context()); }),
      ::testing::HasSubstr(R"(:3: column 'answers' must be {"text": ["..."]}, found ["y"])"));
}

TEST_F(Squad, Keys) {
  Keys keys({{"dataset_name", path_},
             {"split", "validation"},
             {"limit_dataset_samples", 2},
             {"seq_length", 8},
             {"fp8", false},
             {"padding", true},
             {"truncation", true},
             {"chat_template", kChatMl}},
            "dataset X");
  const SquadOptions options = read_squad_options(keys);
  keys.finish();
  EXPECT_EQ(options.split, "validation");
  EXPECT_EQ(options.rows.max_rows, 2);
  EXPECT_EQ(options.limit, (LengthLimit{.truncate = true, .seq_length = 8}));
  EXPECT_EQ(options.chat_template, kChatMl);
  Keys slice({{"dataset_name", path_}, {"split", "train[:9]"}, {"limit_dataset_samples", 2}}, "X");
  EXPECT_EQ(read_squad_options(slice).rows.max_rows, std::nullopt) << "as upstream";
  EXPECT_EQ(make_squad_dataset({.paths = {path_}, .rows = {.max_rows = 2}}, test_context())->size(),
            2);
}

}  // namespace
}  // namespace automodel::data
