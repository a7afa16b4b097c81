#include "base/deferral.h"

#include <gtest/gtest.h>

namespace automodel {
namespace {

TEST(Deferral, IsOfExpertsWithFewRows) {
  EXPECT_TRUE(defers_gradient(0, 768, 2048));
  EXPECT_TRUE(defers_gradient(32, 768, 2048));
  EXPECT_FALSE(defers_gradient(512, 768, 2048));
  // 30 * 30 * (64 + 64) products against 24 rows of 64 * 64
  EXPECT_FALSE(defers_gradient(30, 64, 64));
}

}  // namespace
}  // namespace automodel
