#include "ops/mlp.h"

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

TEST(Mlp, GatedEqualsThePlainFormulaForEveryActivation) {
  for (const auto activation : {Activation::silu, Activation::gelu, Activation::gelu_tanh,
                                Activation::relu, Activation::relu2}) {
    expect_same(
        [&](const Inputs& in) {
          return gated_mlp(in[0], {in[1], Tensor(), {}}, {in[2], Tensor(), {}},
                           {in[3], in[4], Adapter{.a_ri = in[5], .b_or = in[6], .scale = 2}},
                           activation);
        },
        [&](const Inputs& in) {
          const Tensor h = plain_activation(in[0].mm(in[1].t()), activation) * in[0].mm(in[2].t());
          return h.mm(in[3].t()) + in[4] + h.mm(in[5].t()).mm(in[6].t()) * 2;
        },
        random_inputs());
  }
}

TEST(Mlp, PlainEqualsThePlainFormula) {
  const auto all = random_inputs();
  expect_same(
      [](const Inputs& in) {
        return plain_mlp(in[0], {in[1], Tensor(), {}}, {in[2], in[3], {}}, Activation::gelu_tanh);
      },
      [](const Inputs& in) {
        return plain_activation(in[0].mm(in[1].t()), Activation::gelu_tanh).mm(in[2].t()) + in[3];
      },
      {all[0], all[1], all[3], all[4]});
}

}  // namespace
}  // namespace automodel::ops
