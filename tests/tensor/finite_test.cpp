#include "tensor/finite.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

using testing::expect_error;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Finite, FindsTheFirstInEveryFloatType) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble, at::kFloat8_e5m2}) {
    Tensor values = at::full({3, 5}, -1.5);
    EXPECT_FALSE(first_non_finite(values.to(dtype)));
    values[1][2] = -kInfinity;
    values[2][0] = kNan;
    EXPECT_EQ(first_non_finite(values.to(dtype)), 7) << at::toString(dtype);
  }
  EXPECT_EQ(first_non_finite(at::full({2}, kNan).to(at::kFloat8_e4m3fn)), 0);
}

TEST(Finite, FindsTheFirstOfALargeTensor) {
  Tensor values = at::zeros({5'000'003});
  values[4'000'000] = kNan;
  EXPECT_EQ(first_non_finite(values), 4'000'000);
  values[5'000'002] = kNan;
  values[70'000] = kInfinity;
  EXPECT_EQ(first_non_finite(values), 70'000);
}

TEST(Finite, LargestValuesIntegersAndEmptyTensorsPass) {
  EXPECT_FALSE(first_non_finite(at::full({3}, std::numeric_limits<float>::max())));
  EXPECT_FALSE(first_non_finite(at::full({3}, -1, at::kLong)));
  EXPECT_FALSE(first_non_finite(at::empty({0})));
}

TEST(Finite, TheErrorNamesTensorValueAndIndex) {
  Tensor values = at::zeros({4, 3}, at::kBFloat16);
  values[2][1] = kNan;
  expect_error(ErrorKind::corrupt_data,
               "'layers.0.weight' holds nan at index [2, 1] (shape [4, 3])",
               [&] { check_finite("layers.0.weight", values); });
  expect_error(ErrorKind::corrupt_data, "at index [1, 2]", [&] { check_finite("w", values.t()); });
  check_finite("w", at::zeros({4}));
}

TEST(Finite, WantsValues) {
  expect_error(ErrorKind::invalid_argument, "needs a tensor's values",
               [] { first_non_finite(at::empty({2}, at::TensorOptions(at::kMeta))); });
}

}  // namespace
}  // namespace automodel
