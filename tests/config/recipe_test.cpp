#include "config/recipe.h"

#include <gtest/gtest.h>

namespace automodel::config {
namespace {

TEST(Recipe, IsAValue) {
  Recipe a;
  const Recipe b = a;
  EXPECT_EQ(a, b);
  a.step_scheduler.max_steps = 3;
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace automodel::config
