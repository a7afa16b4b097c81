#include "ops/mlp.h"

#include "base/error.h"
#include "ops/cpu/dispatch.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

Tensor plain_activation(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::silu:
      return x * at::sigmoid(x);
    case Activation::gelu:
      return x * 0.5 * (1 + at::erf(x / std::sqrt(2.0)));
    case Activation::gelu_tanh:
      return 0.5 * x * (1 + at::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::relu:
      return at::clamp_min(x, 0);
    case Activation::relu2:
      return at::clamp_min(x, 0).square();
  }
  return {};
}

Inputs random_inputs() {
  return {random_tensor({6, 8}),  random_tensor({12, 8}), random_tensor({12, 8}),
          random_tensor({8, 12}), random_tensor({8}),     random_tensor({2, 12}),
          random_tensor({8, 2})};
}

class Mlp : public ::testing::TestWithParam<Inner> {};

TEST_P(Mlp, GatedEqualsThePlainFormulaForEveryActivation) {
  for (const auto activation : {Activation::silu, Activation::gelu, Activation::gelu_tanh,
                                Activation::relu, Activation::relu2}) {
    expect_same(
        [&](const Inputs& in) {
          return gated_mlp(in[0], {in[1], Tensor(), {}}, {in[2], Tensor(), {}},
                           {in[3], in[4], Adapter{.a_ri = in[5], .b_or = in[6], .scale = 2}},
                           {activation, GetParam()});
        },
        [&](const Inputs& in) {
          const Tensor h = plain_activation(in[0].mm(in[1].t()), activation) * in[0].mm(in[2].t());
          return h.mm(in[3].t()) + in[4] + h.mm(in[5].t()).mm(in[6].t()) * 2;
        },
        random_inputs());
  }
}

TEST_P(Mlp, PlainEqualsThePlainFormula) {
  const auto all = random_inputs();
  expect_same(
      [](const Inputs& in) {
        return plain_mlp(in[0], {in[1], Tensor(), {}}, {in[2], in[3], {}},
                         {Activation::gelu_tanh, GetParam()});
      },
      [](const Inputs& in) {
        return plain_activation(in[0].mm(in[1].t()), Activation::gelu_tanh).mm(in[2].t()) + in[3];
      },
      {all[0], all[1], all[3], all[4]});
}

INSTANTIATE_TEST_SUITE_P(Both, Mlp, ::testing::Values(Inner::kept, Inner::recomputed));

/// What the node saves for a frozen up beside a trained down.
TEST(MlpInner, FrozenLayersGetNoGradientAndStillPassIt) {
  for (const auto inner : {Inner::kept, Inner::recomputed}) {
    auto in = random_inputs();
    in[0].requires_grad_(true);
    in[3].requires_grad_(true);
    gated_mlp(in[0], {in[1], Tensor(), {}}, {in[2], Tensor(), {}}, {in[3], Tensor(), {}},
              {Activation::silu, inner})
        .sum()
        .backward();
    EXPECT_TRUE(in[0].grad().defined());
    EXPECT_TRUE(in[3].grad().defined());
    EXPECT_FALSE(in[1].grad().defined());
  }
}

/// LibTorch takes the last elements of each thread's share by another function than the others.
TEST(MlpInner, TheNumberOfThreadsChangesNoByte) {
  if (cpu::kernels() == nullptr) {
    GTEST_SKIP() << "no own kernels in this run";
  }
  const Inputs inputs = {random_tensor({125, 8}) * 3, random_tensor({407, 8}),
                         random_tensor({8, 407})};
  for (const auto activation : {Activation::silu, Activation::gelu, Activation::gelu_tanh,
                                Activation::relu, Activation::relu2}) {
    expect_same_with_any_threads([&] {
      return value_and_gradients(
          [&](const Inputs& in) {
            return plain_mlp(in[0], {in[1], Tensor(), {}}, {in[2], Tensor(), {}}, {activation});
          },
          inputs);
    });
  }
}

TEST(MlpInner, RefusesWhatDoesNotFit) {
  const auto in = random_inputs();
  EXPECT_THROW(plain_mlp(in[0], {in[3], Tensor(), {}}, {in[3], Tensor(), {}}, {}), Error);
  EXPECT_THROW(plain_mlp(in[0], {in[1], Tensor(), {}}, {in[1], Tensor(), {}}, {}), Error);
}

}  // namespace
}  // namespace automodel::ops
