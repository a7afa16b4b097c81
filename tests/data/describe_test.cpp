#include "data/describe.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

TokenizedSample two_documents() {
  TokenizedSample sample;
  append_document(sample, {'q', 'a', 256, kImEnd, '\n'}, {1, 0, 1, 1, 0});
  append_document(sample, {'x', 0xC3, 0xA9}, {0, 1, 1});
  return sample;
}

TEST(Describe, MarksWhatIsLearnt) {
  const auto tokenizer = chatml_context().tokenizer;
  EXPECT_EQ(show_sample(two_documents(), tokenizer, MarkStyle::brackets),
            "qa[ab<|im_end|>]\n\n--------\nx[\xC3\xA9]");
  EXPECT_EQ(show_sample(two_documents(), tokenizer, MarkStyle::colour),
            "qa\033[32mab<|im_end|>\033[0m\n\n--------\nx\033[32m\xC3\xA9\033[0m");
}

TEST(Describe, ClassesAreNumbers) {
  TokenizedSample sample;
  append_document(sample, {'q', 'a', 256}, {0, 0, 1});
  sample.notes.ends_in_class = true;
  EXPECT_EQ(show_sample(sample, chatml_context().tokenizer, MarkStyle::brackets), "qa[class 256]");
}

TEST(Describe, HtmlIsEscaped) {
  EXPECT_EQ(show_sample(two_documents(), chatml_context().tokenizer, MarkStyle::html),
            "qa<mark>ab&lt;|im_end|&gt;</mark>\n\n--------\nx<mark>\xC3\xA9</mark>");
}

TEST(Describe, RowsCannotSendCommandsToTheTerminal) {
  TokenizedSample sample;
  append_document(sample, {'\033', '[', '8', 'm'}, {0, 0, 0, 0});
  EXPECT_EQ(show_sample(sample, chatml_context().tokenizer, MarkStyle::colour), "\u241B[8m");
}

TEST(Describe, Percent) {
  EXPECT_EQ(percent(1, 8), "12.5 %");
  EXPECT_EQ(percent(0, 0), "0.0 %");
}

TEST(Describe, LengthStats) {
  EXPECT_EQ(length_stats({}), LengthStats{});
  const std::vector<std::int64_t> lengths = {5, 1, 9, 3};
  EXPECT_EQ(length_stats(lengths), (LengthStats{4, 1, 5, 9, 18}));
}

TEST(Describe, Survey) {
  Survey survey{.num_rows = 10,
                .rows = {0, 5, 7},
                .usable = {0, 5},
                .lengths = {10, 30},
                .trained = {2, 6},
                .num_left_out = 4,
                .audit = {.num_documents = 3}};
  survey.bad = {{7, "rows:8: unusable"}};
  survey.failed = {{Check::empty_answer, 1, "rows:1"}};
  EXPECT_EQ(describe_survey(survey),
            (std::vector<std::string>{
                "10 rows (3 looked at), 10 to 30 tokens (median 30), 40 tokens in all, 8 learnt "
                "(20.0 %)",
                "2 rows became 3 documents: two answers, a source and its target, or a "
                "conversation whose template shows earlier answers otherwise as it goes on, each "
                "as the model sees it when it answers",
                "4 rows of the files are left out, malformed or filtered out",
                "1 rows cannot be used, first: rows:8: unusable",
                "warning empty_answer: 1 of 3 rows have an answer without any text (first "
                "rows:1); the model learns to say nothing there"}));
}

}  // namespace
}  // namespace automodel::data
