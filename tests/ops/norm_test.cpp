#include "ops/norm.h"

#include "base/error.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

Tensor plain_rms(const Tensor& x, const Tensor& weight, double eps, double offset) {
  return x * (x.square().mean(-1, true) + eps).rsqrt() * (offset + weight);
}

TEST(Norm, RmsEqualsThePlainFormula) {
  for (const double offset : {0.0, 1.0}) {
    const NormOptions options{.eps = 1e-5, .weight_offset = offset, .gain_in_float32 = offset == 1};
    expect_same([&](const Inputs& in) { return norm(in[0], in[1], Tensor(), options); },
                [&](const Inputs& in) { return plain_rms(in[0], in[1], 1e-5, offset); },
                {random_tensor({7, 48}), random_tensor({48})});
  }
}

TEST(Norm, RmsWorksPerHeadAndWithoutWeight) {
  expect_same([](const Inputs& in) { return norm(in[0], in[1], Tensor(), {}); },
              [](const Inputs& in) { return plain_rms(in[0], in[1], 1e-6, 0); },
              {random_tensor({5, 3, 16}), random_tensor({16})});
  expect_same([](const Inputs& in) { return norm(in[0], Tensor(), Tensor(), {}); },
              [](const Inputs& in) { return plain_rms(in[0], at::ones({16}), 1e-6, 0); },
              {random_tensor({5, 16})});
}

TEST(Norm, LayerEqualsThePlainFormula) {
  const NormOptions options{.kind = NormOptions::Kind::layer, .eps = 1e-5};
  expect_same([&](const Inputs& in) { return norm(in[0], in[1], in[2], options); },
              [](const Inputs& in) {
                const Tensor centred = in[0] - in[0].mean(-1, true);
                const Tensor variance = centred.square().mean(-1, true);
                return centred * (variance + 1e-5).rsqrt() * in[1] + in[2];
              },
              {random_tensor({7, 48}), random_tensor({48}), random_tensor({48})});
}

TEST(Norm, ResidualIsSumAndNorm) {
  expect_same(
      [](const Inputs& in) {
        const auto out = residual_norm(in[0], in[1], in[2], Tensor(), {});
        return out.sum_td * out.normed_td;
      },
      [](const Inputs& in) {
        const Tensor sum = in[0] + in[1];
        return sum * plain_rms(sum, in[2], 1e-6, 0);
      },
      {random_tensor({4, 8}), random_tensor({4, 8}), random_tensor({8})});
}

TEST(Norm, KeepsBfloat16AndRoundsBeforeTheGain) {
  const Tensor x = random_tensor({6, 32}).to(at::kBFloat16);
  const Tensor weight = random_tensor({32}).to(at::kBFloat16);
  const Tensor x32 = x.to(at::kFloat);
  const Tensor normed = x32 * (x32.square().mean(-1, true) + 1e-6).rsqrt();
  EXPECT_TRUE(at::equal(norm(x, weight, Tensor(), {}), normed.to(at::kBFloat16) * weight));
}

TEST(Norm, RefusesAWeightOfAnotherWidth) {
  EXPECT_THROW(norm(random_tensor({2, 8}), random_tensor({7}), Tensor(), {}), Error);
}

}  // namespace
}  // namespace automodel::ops
