#include "corpus/inspect_options.h"

#include "base/command_line.h"
#include "base/known.h"
#include "corpus/support.h"

namespace automodel::corpus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refused(const std::vector<std::string>& words) {
  return data::error_of([&] { check_options(known(read_line<InspectOptions>(words))); });
}

TEST(InspectOptions, ARecipeWithOverrides) {
  const std::vector<std::string> words = {"a.yaml",  "--dataset.seq_length", "9", "--rows", "5",
                                          "--strict"};
  const auto options = read_line<InspectOptions>(words);
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->recipe, "a.yaml");
  EXPECT_THAT(options->overrides, ElementsAre("--dataset.seq_length", "9"));
  EXPECT_EQ(options->max_rows, 5);
  EXPECT_TRUE(options->strict);
}

TEST(InspectOptions, FilesNeedATokenizerAndNothingElse) {
  EXPECT_THAT(refused({}), HasSubstr("give either a recipe or files"));
  EXPECT_THAT(refused({"a.yaml", "--dataset", "b"}), HasSubstr("give either a recipe or files"));
  EXPECT_THAT(refused({"--dataset", "b"}), HasSubstr("--dataset needs --tokenizer"));
  EXPECT_THAT(refused({"a.yaml", "--tokenizer", "t"}),
              HasSubstr("in a recipe the key is dataset.tokenizer"));
  EXPECT_THAT(refused({"--dataset", "b", "--tokenizer", "t", "--split", "x"}),
              HasSubstr("'--split' is neither an option nor a key of a recipe"));
}

TEST(InspectOptions, CountsOutOfRangeAreRefused) {
  EXPECT_THAT(refused({"a.yaml", "--rows", "-1"}),
              HasSubstr("--rows: -1 is out of range, expected a number of at least 0"));
  EXPECT_THAT(refused({"a.yaml", "--show", "-1"}), HasSubstr("expected a number of at least 0"));
  EXPECT_THAT(refused({"a.yaml", "--max-tokens", "0"}), HasSubstr("expected a number above 0"));
  EXPECT_EQ(refused({"a.yaml", "--rows", "0", "--show", "0"}), "no error");
}

}  // namespace
}  // namespace automodel::corpus
