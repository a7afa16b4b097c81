#include "base/number_range.h"

#include <gtest/gtest.h>

namespace automodel {
namespace {

std::string complaint(const CLI::Validator& range, std::string word) { return range(word); }

TEST(NumberRange, SaysWhatWasFoundAndWhatIsExpected) {
  EXPECT_EQ(complaint(at_least(0), "-1"), "-1 is out of range, expected a number of at least 0");
  EXPECT_EQ(complaint(above(0), "0"), "0 is out of range, expected a number above 0");
  EXPECT_EQ(complaint(above_and_at_most(0, 1), "1.5"),
            "1.5 is out of range, expected a number above 0 and at most 1");
}

TEST(NumberRange, BoundsThatBelong) {
  EXPECT_EQ(complaint(at_least(0), "0"), "");
  EXPECT_EQ(complaint(above(0), "1e-3"), "");
  EXPECT_EQ(complaint(above_and_at_most(0, 1), "1"), "");
  EXPECT_NE(complaint(above_and_at_most(0, 1), "0"), "");
  EXPECT_NE(complaint(above(0), "nan"), "");
}

TEST(NumberRange, NothingIsNoNumber) {
  EXPECT_EQ(complaint(at_least(0), ""), "found no number, expected one of at least 0");
  EXPECT_EQ(complaint(above_and_at_most(0, 1), ""),
            "found no number, expected one above 0 and at most 1");
}

TEST(NumberRange, WordsAreLeftToTheType) { EXPECT_EQ(complaint(above(0), "many"), ""); }

}  // namespace
}  // namespace automodel
