#include "tensor/tensor_info.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

using testing::expect_error;

TEST(TensorInfo, DescribesATensor) {
  const TensorInfo info = info_of(at::zeros({3, 5}, at::kBFloat16));
  EXPECT_EQ(info, (TensorInfo{at::kBFloat16, {3, 5}}));
  EXPECT_EQ(num_elements(info), 15);
  EXPECT_EQ(num_bytes(info), 30);
  EXPECT_EQ(to_string(info), "bfloat16 [3, 5]");
  EXPECT_EQ(to_string({at::kLong, {}}), "int64 []");
}

TEST(TensorInfo, ScalarsAndEmptyTensors) {
  EXPECT_EQ(num_elements({at::kFloat, {}}), 1);
  EXPECT_EQ(num_elements({at::kFloat, {0, 7}}), 0);
  EXPECT_EQ(num_bytes({at::kFloat, {0, 7}}), 0);
}

TEST(TensorInfo, WhatLibTorchCannotHoldHasNoSize) {
  EXPECT_FALSE(num_elements({at::kFloat, {-1}}));
  EXPECT_FALSE(num_elements({at::kFloat, {INT64_MAX / 4 + 1}}));
  EXPECT_FALSE(num_elements({at::kByte, {1LL << 32, 1LL << 32}}));
  EXPECT_FALSE(num_elements({at::kByte, {0, 1LL << 32, 1LL << 32}}));
  EXPECT_FALSE(num_elements({at::kByte, std::vector<std::int64_t>(65, 1)}));
  expect_error(ErrorKind::invalid_argument, "a tensor of shape [4611686018427387904] is too large",
               [] { num_bytes({at::kFloat, {1LL << 62}}); });
}

}  // namespace
}  // namespace automodel
