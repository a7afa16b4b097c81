#include "data/hellaswag.h"

#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

TEST(HellaSwag, LearnsTheRightEnding) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl",
                                 R"({"ctx": "She", "endings": ["no", "ran."], "label": "1"}
{"ctx": "She", "endings": ["sat.", "no"], "label": 0}
{"ctx": "She", "endings": ["a", "b"], "label": ""}
{"ctx": "She", "endings": "a", "label": 0}
{"ctx": "She", "endings": [7], "label": 0}
{"ctx": "She", "endings": ["a", "b"], "label": "1 or 2"}
)");
  const TextContext context = test_context();
  const auto dataset = make_hellaswag_dataset({.paths = {path}}, context);
  const auto shown = [&](std::int64_t row) {
    return show_sample(dataset->sample(row), context.tokenizer, MarkStyle::brackets);
  };
  EXPECT_EQ(shown(0), "She [ran.</s>]");
  EXPECT_EQ(shown(1), "She [sat.</s>]");
  EXPECT_THAT(error_of([&] { shown(2); }),
              ::testing::HasSubstr(":3: column 'label' is \"\"; it must be the number of one of"));
  EXPECT_THAT(error_of([&] { shown(3); }),
              ::testing::HasSubstr("column 'endings' must be a list, found string"));
  EXPECT_THAT(error_of([&] { shown(4); }), ::testing::HasSubstr("'endings' must hold strings"));
  EXPECT_THAT(error_of([&] { shown(5); }), ::testing::HasSubstr("column 'label' is \"1 or 2\""));
}

TEST(HellaSwag, Keys) {
  Keys keys(
      {{"path_or_dataset", "a.jsonl"}, {"num_samples_limit", 3}, {"pad_to_max_length", false}},
      "dataset X");
  const HellaSwagOptions options = read_hellaswag_options(keys);
  keys.finish();
  EXPECT_EQ(options.paths, (std::vector<std::string>{"a.jsonl"}));
  EXPECT_EQ(options.rows.max_rows, 3);
}

}  // namespace
}  // namespace automodel::data
