#include "ops/rounding.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace automodel::ops {
namespace {

TEST(RandomBits, AreAFunctionOfTheNumber) {
  const Tensor ten = random_bits(5, at::zeros({2, 5}));
  EXPECT_EQ(ten.sizes(), (std::vector<std::int64_t>{2, 5}));
  EXPECT_TRUE(ten.view(-1).slice(0, 3).equal(random_bits(8, at::zeros({7}))));
  EXPECT_TRUE(random_bits(0xffffffff, at::zeros({2}))[1].equal(random_bits(0, at::zeros({1}))[0]));
}

TEST(RandomBits, OfRunsAreThoseOfEach) {
  const std::vector<NoiseRun> runs = {{4, 3}, {7, 4}, {0xfffffffe, 5}, {2, 0}, {10, 1}};
  std::vector<Tensor> each;
  for (const auto& [noise, size] : runs) {
    each.push_back(random_bits(noise, at::zeros({size})));
  }
  EXPECT_TRUE(random_bits(runs, at::TensorOptions(at::kFloat)).equal(at::cat(each)));
}

TEST(RandomBits, AreEvenlySpread) {
  const Tensor bits = random_bits(1, at::zeros({100000}));
  for (int bit = 0; bit < 32; ++bit) {
    const Tensor set = bits.bitwise_right_shift(bit).bitwise_and(1);
    EXPECT_NEAR(set.to(at::kDouble).mean().item<double>(), 0.5, 0.008) << bit;  // 5 sigma
  }
}

/// What an entry's values are rounded by: its lower and its upper half; entries that share their
/// bits have them the other way round.
TEST(RandomBits, OfOneEntryAreIndependent) {
  const Tensor bits = random_bits(0, at::zeros({200000}));
  const Tensor low = bits.bitwise_and(0xffff).to(at::kDouble) / 65535 - 0.5;
  const Tensor high =
      bits.bitwise_right_shift(16).bitwise_and(0xffff).to(at::kDouble) / 65535 - 0.5;
  const auto correlation = [](const Tensor& a, const Tensor& b) {
    return (a * b).mean().item<double>() * 12;
  };
  constexpr double kFiveSigma = 0.0112;
  EXPECT_NEAR(correlation(low, low), 1, kFiveSigma);
  EXPECT_NEAR(correlation(low, high), 0, kFiveSigma);
  EXPECT_NEAR(correlation(low.slice(0, 2), low.slice(0, 0, -2)), 0, kFiveSigma);
  EXPECT_TRUE(low.slice(0, 0, {}, 2).equal(high.slice(0, 1, {}, 2)));
  EXPECT_TRUE(high.slice(0, 0, {}, 2).equal(low.slice(0, 1, {}, 2)));
}

TEST(RoundedAtRandom, MeansTheExactValue) {
  for (const float x : {1.001F, -1.001F, 3e-5F, 1 + 0x1p-9F}) {
    const Tensor exact = at::full({100000}, x);
    const Tensor rounded = rounded_at_random(exact, random_bits(7, exact)).to(at::kDouble);
    const double ulp = std::abs(x) * 0x1p-7;
    EXPECT_NEAR(rounded.mean().item<double>(), x, 0.01 * ulp);
    EXPECT_LE((rounded - exact).abs().max().item<double>(), ulp);
  }
}

TEST(RoundedAtRandom, KeepsWhatBfloat16Has) {
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor x = at::tensor({0.0F, -0.0F, 1.5F, -256.0F, inf, -inf});
  EXPECT_TRUE(rounded_at_random(x, at::full({6}, 0xffff, at::kInt)).equal(x.to(at::kBFloat16)));
  const Tensor nan = at::full({1}, 0x7fffffff, at::kInt).view(at::kFloat);
  EXPECT_TRUE(rounded_at_random(nan, at::full({1}, 0xffff, at::kInt)).isnan().item<bool>());
}

TEST(SplitFloat32, IsExact) {
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor delicate = at::tensor({0.0F, -0.0F, 0x1.01p0F, 0x1.03p0F, -0x1.01p0F, 0x1.00fffep0F,
                                      0x1.fffffep127F, 0x1p-149F, inf, -inf});
  for (const Tensor& x : {delicate, at::randn({10000})}) {
    const auto parts = split_float32(x);
    EXPECT_TRUE(joined_float32(parts).view(at::kInt).equal(x.view(at::kInt)));
  }
  const Tensor x = at::randn({10000});
  const Tensor off = (split_float32(x).upper.to(at::kFloat) - x).abs();
  EXPECT_TRUE(off.le(x.abs() * 0x1p-8).all().item<bool>());
}

TEST(SplitFloat32, KeepsNotANumber) {
  const Tensor nan = at::full({1}, 0x7fffffff, at::kInt).view(at::kFloat);
  const auto parts = split_float32(nan);
  EXPECT_TRUE(parts.upper.isnan().item<bool>());
  EXPECT_TRUE(joined_float32(parts).isnan().item<bool>());
}

}  // namespace
}  // namespace automodel::ops
