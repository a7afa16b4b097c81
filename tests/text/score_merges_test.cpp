#include "text/score_merges.h"

#include <gmock/gmock.h>

namespace automodel::text {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Sentencepiece, BestTokensFirstThenLongerLeftParts) {
  const std::vector<std::string> tokens = {"a", "b", "ab", "aba", "ba", "é", "éa"};
  const std::vector<double> scores = {0, 0, -3, -1, -2, 0, -3};
  EXPECT_THAT(merges_from_scores(tokens, scores),
              ElementsAre(Pair("ab", "a"), Pair("a", "ba"), Pair("b", "a"), Pair("a", "b"),
                          Pair("é", "a")));
}

TEST(Sentencepiece, NothingToMerge) {
  EXPECT_TRUE(
      merges_from_scores(std::vector<std::string>{"a", "", "xyz"}, std::vector<double>{0, 0, 0})
          .empty());
}

}  // namespace
}  // namespace automodel::text
