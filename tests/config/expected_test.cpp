#include <gtest/gtest.h>

#include "config/check.h"

namespace automodel::config {
namespace {

TEST(Expected, SaysWhatAKeyTakes) {
  EXPECT_EQ(expected(integer("", "").at_least(1).or_null()), "an integer >= 1 or null");
  EXPECT_EQ(expected(number("", "").greater_than(0).at_most(1)), "a number > 0 and <= 1");
  EXPECT_EQ(expected(flag("", "").one_of({"a|b", "c"})), "true or false or one of a, c");
  EXPECT_EQ(expected(texts("", "")), "a list, each a text");
  EXPECT_EQ(expected(betas("", {0, 0})), "a list of 2 values, each a number >= 0");
  EXPECT_EQ(expected(text("", "").or_list()), "a text or a list, each a text");
  EXPECT_EQ(expected(anything("", "")), "any value");
  EXPECT_EQ(expected(target_mapping("", "", {}).or_target_name()),
            "a dotted name or a mapping or null");
}

}  // namespace
}  // namespace automodel::config
