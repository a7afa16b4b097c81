#include "ops/glu.h"

#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

/// glu's own gradients against those that autograd finds in `formula`.
void expect_gradients(const GluOptions& options, const Formula& formula) {
  const Inputs in = {random_tensor({5, 7}) * 3, random_tensor({5, 7}) * 3};
  const auto reference = value_and_gradients(formula, in);
  const Tensor grad = at::linspace(-1, 1, 35, at::kFloat).sin().view({5, 7});
  const auto grads = glu_backward(grad, in[0], in[1], options);
  EXPECT_LE(relative_error(glu(in[0], in[1], options), reference[0]), 2e-6);
  EXPECT_LE(relative_error(grads.gate, reference[1]), 2e-6);
  EXPECT_LE(relative_error(grads.up, reference[2]), 2e-6);
}

TEST(Glu, EqualsThePlainProduct) {
  expect_gradients({.activation = Activation::gelu_tanh},
                   [](const Inputs& in) { return activate(in[0], Activation::gelu_tanh) * in[1]; });
}

TEST(Glu, ClampsBothSides) {
  expect_gradients({.clamp = GluClamp{.limit = 2, .alpha = 1.5}}, [](const Inputs& in) {
    const Tensor g = at::clamp_max(in[0], 2);
    return (in[1].clamp(-2, 2) + 1) * g * at::sigmoid(g * 1.5);
  });
}

TEST(Glu, WithoutUpIsTheActivationAlone) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const double tolerance = dtype == at::kBFloat16 ? 4e-3 : 2e-6;
    const Tensor x = (at::randn({5, 37}) * 3).to(dtype), grad = at::randn({5, 37}).to(dtype);
    const Tensor x64 = x.to(at::kDouble), grad64 = grad.to(at::kDouble);
    for (const auto activation : {Activation::silu, Activation::gelu, Activation::gelu_tanh,
                                  Activation::relu, Activation::relu2}) {
      const auto grads = glu_backward(grad, x, Tensor(), {activation, {}});
      EXPECT_LE(relative_error(glu(x, Tensor(), {activation, {}}), activate(x64, activation)),
                tolerance);
      EXPECT_LE(relative_error(grads.gate, activate_backward(grad64, x64, activation)), tolerance);
      EXPECT_FALSE(grads.up.defined());
    }
  }
}

TEST(Glu, AWeightForEachRowEqualsTheReference) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const auto random = [&] { return at::randn({6, 9}).to(dtype); };
    const Tensor grad = random(), gate = random(), up = random(), weights = at::randn({6});
    for (const GluOptions& options :
         {GluOptions{}, GluOptions{.clamp = GluClamp{}}, GluOptions{Activation::relu, {}}}) {
      const auto ours = weighted_glu_backward(grad, gate, up, weights, options, true);
      const auto plain = weighted_glu_backward_reference(grad.to(at::kDouble), gate.to(at::kDouble),
                                                         up.to(at::kDouble),
                                                         weights.to(at::kDouble), options, true);
      const double tolerance = dtype == at::kBFloat16 ? 4 * 4e-3 : 4e-6;  // four roundings
      EXPECT_LE(relative_error(ours.product_pi, plain.product_pi), tolerance);
      EXPECT_LE(relative_error(ours.weights_p, plain.weights_p), tolerance);
      EXPECT_LE(relative_error(ours.inner.gate, plain.inner.gate), tolerance);
      EXPECT_LE(relative_error(ours.inner.up, plain.inner.up), tolerance);
      EXPECT_FALSE(
          weighted_glu_backward(grad, gate, up, weights, options, false).product_pi.defined());
    }
  }
}

}  // namespace
}  // namespace automodel::ops
