#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel {
namespace {

TEST(Dtype, NamesRoundTrip) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kHalf, at::kLong, at::kByte}) {
    EXPECT_EQ(dtype_from_name(dtype_name(dtype)), dtype);
    EXPECT_EQ(dtype_from_safetensors(safetensors_name(dtype)), dtype);
  }
  EXPECT_EQ(dtype_from_name("torch.bfloat16"), at::kBFloat16);
  EXPECT_EQ(dtype_from_name("bf16"), at::kBFloat16);
}

TEST(Dtype, UnknownNamesAreErrors) {
  EXPECT_THROW(dtype_from_name("float31"), Error);
  EXPECT_THROW(dtype_from_safetensors("F4"), Error);
}

}  // namespace
}  // namespace automodel
