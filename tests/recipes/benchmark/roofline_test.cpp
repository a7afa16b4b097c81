#include "recipes/benchmark/roofline.h"

#include <gtest/gtest.h>

namespace automodel::recipes {
namespace {

TEST(Roofline, IsAPlausibleSpeed) {
  const double flops = measure_matmul_flops(at::kFloat, at::kCPU);
  EXPECT_GT(flops, 1e8);
  EXPECT_LT(flops, 1e15);
}

}  // namespace
}  // namespace automodel::recipes
