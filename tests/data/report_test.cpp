#include "data/report.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Report, LengthClasses) {
  EXPECT_TRUE(length_classes({}).empty());
  const std::vector<std::int64_t> lengths = {1, 2, 3, 12, 25};
  const auto classes = length_classes(lengths);
  ASSERT_EQ(classes.size(), 9U) << "25 / 12 + 1 = 3 tokens a class";
  EXPECT_EQ(classes[0], (LengthClass{0, 3, 2}));
  EXPECT_EQ(classes[1], (LengthClass{3, 3, 1}));
  EXPECT_EQ(classes[2], (LengthClass{6, 3, 0}));
  EXPECT_EQ(classes[8], (LengthClass{24, 3, 1}));
}

TEST(Report, Histogram) {
  EXPECT_TRUE(length_histogram({}).empty());
  const std::vector<std::int64_t> lengths = {1, 2, 3, 12, 25};
  const auto lines = length_histogram(lengths);
  EXPECT_EQ(lines[0], "        0 -       2 |########################################| 2");
  EXPECT_EQ(lines[1], "        3 -       5 |####################                    | 1");
  EXPECT_EQ(lines[2], "        6 -       8 |                                        | 0");
}

Survey one_survey() {
  Survey survey{.num_rows = 2, .rows = {0, 1}, .usable = {0, 1}, .lengths = {4, 6}};
  survey.failed = {{Check::empty_answer, 1, "rows:1"}};
  survey.num_left_out = 7;
  survey.audit = {.num_documents = 5,
                  .num_tokens = 3000,
                  .begin_with_bos = 1,
                  .end_in_eos = 4,
                  .learn_eos = 3,
                  .num_truncated = 2};
  survey.audit.roles[static_cast<std::size_t>(Role::user)] = {1000, 0};
  survey.audit.roles[static_cast<std::size_t>(Role::assistant)] = {2000, 500};
  survey.duplicates = {2, "rows:3", "rows:1"};
  survey.seconds = 2;
  return survey;
}

TEST(Report, Audit) {
  const auto lines = describe_audit(one_survey(), chatml_context(),
                                    {.num_threads = 2, .disabled = {"double_bos"}});
  ASSERT_GE(lines.size(), 9U);
  EXPECT_EQ(lines[1], "  user            1 K tokens,         0 learnt (0.0 %)");
  EXPECT_EQ(lines[2], "  assistant       2 K tokens,       500 learnt (25.0 %)");
  EXPECT_EQ(lines[3],
            "5 documents: 1 begin with BOS (<s>), 4 end in EOS (<|im_end|>), 3 learn that EOS");
  EXPECT_EQ(lines[4], "truncated: 2 rows; left out: 7 rows of the files");
  EXPECT_EQ(lines[5], "duplicates: 2 rows have the tokens of one before (first rows:3, as rows:1)");
  EXPECT_THAT(lines[6], StartsWith("checks passed: no_trained_tokens, prompt_trained,"));
  EXPECT_THAT(lines[6], HasSubstr("; failed: 1; switched off: double_bos"));
  EXPECT_THAT(lines[6], ::testing::Not(HasSubstr("empty_answer")));
  EXPECT_EQ(lines[7], "encoded at 1.5 K tokens/s on 2 threads");
  EXPECT_THAT(lines, Contains(HasSubstr("|########################################| 1")).Times(2));
}

TEST(Report, NoDuplicates) {
  EXPECT_THAT(describe_audit({}, chatml_context(), {}), Contains("duplicates: none"));
}

}  // namespace
}  // namespace automodel::data
