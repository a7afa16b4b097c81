#include "train/compute_dtype.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel::train {
namespace {

TEST(ComputeDtype, AutoIsBfloat16OnlyWhereBothStorageAndProcessorHaveIt) {
  EXPECT_EQ(resolve_compute_dtype("auto", at::kBFloat16, true).dtype, at::kBFloat16);
  EXPECT_EQ(resolve_compute_dtype("auto", at::kBFloat16, false).dtype, at::kFloat);
  EXPECT_EQ(resolve_compute_dtype("auto", at::kFloat, true).dtype, at::kFloat);
  EXPECT_EQ(resolve_compute_dtype("auto", at::kHalf, true).dtype, at::kFloat);
}

TEST(ComputeDtype, SaysWhy) {
  EXPECT_EQ(resolve_compute_dtype("auto", at::kBFloat16, false).reason,
            "this device has no bfloat16 arithmetic");
  EXPECT_EQ(resolve_compute_dtype("auto", at::kHalf, true).reason,
            "the weights are stored in float16");
}

TEST(ComputeDtype, TheRecipeDecides) {
  EXPECT_EQ(resolve_compute_dtype("bf16", at::kFloat, false).dtype, at::kBFloat16);
  EXPECT_EQ(resolve_compute_dtype("float32", at::kBFloat16, true).dtype, at::kFloat);
}

TEST(ComputeDtype, Float16IsRefused) {
  try {
    resolve_compute_dtype("float16", at::kFloat, true);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unsupported);
    EXPECT_EQ(error.message(),
              "model.compute_dtype: float16 is not supported yet; use float32, bfloat16 or auto");
  }
}

TEST(StorageDtype, WeightsAreFloatingAndNotWide) {
  EXPECT_EQ(storage_dtype_from_name("x", "bf16"), at::kBFloat16);
  EXPECT_EQ(storage_dtype_from_name("x", "torch.float16"), at::kHalf);
  for (const char* name : {"int8", "int32", "float64", "float8_e4m3fn"}) {
    try {
      storage_dtype_from_name("model.torch_dtype", name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::unsupported);
      EXPECT_EQ(error.message(), "model.torch_dtype: weights cannot be " + std::string(name) +
                                     "; use float32, bfloat16 or float16");
    }
  }
}

}  // namespace
}  // namespace automodel::train
