#include "ops/glu.h"

#include <array>

#include "ops/cpu/dispatch.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

constexpr std::array kActivations = {Activation::silu, Activation::gelu, Activation::gelu_tanh,
                                     Activation::relu, Activation::relu2};

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
                   [](const Inputs& in) { return at::gelu(in[0], "tanh") * in[1]; });
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
    for (const auto activation : kActivations) {
      const GluOptions alone{activation, {}};
      const auto grads = glu_backward(grad, x, Tensor(), alone);
      const auto exact = glu_backward_reference(grad64, x64, Tensor(), alone);
      EXPECT_LE(relative_error(glu(x, Tensor(), alone), glu_reference(x64, Tensor(), alone)),
                tolerance);
      EXPECT_LE(relative_error(grads.gate, exact.gate), tolerance);
      EXPECT_FALSE(grads.up.defined());
    }
  }
}

TEST(Activate, IsTracedAlsoOfATransposedTensor) {
  const Tensor x = at::randn({7, 33}), grad = at::randn({33, 7});
  for (const auto activation : kActivations) {
    const GluOptions alone{activation, {}};
    const Tensor leaf = x.clone().requires_grad_(true);
    const Tensor y = activate(leaf.t(), activation);
    y.backward(grad);
    const auto exact = glu_backward_reference(grad.t(), x, Tensor(), alone);
    EXPECT_LE(relative_error(y.detach(), glu_reference(x.t(), Tensor(), alone)), 2e-6);
    EXPECT_LE(relative_error(leaf.grad(), exact.gate), 2e-6);
  }
}

/// LibTorch takes the last elements of each thread's share by another function than the others.
TEST(Activate, TheNumberOfThreadsChangesNoByte) {
  if (cpu::kernels() == nullptr) {
    GTEST_SKIP() << "no own kernels in this run";
  }
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const Inputs inputs = {(at::randn({8194, 11}) * 3).to(dtype)};
    for (const auto activation : kActivations) {
      expect_same_with_any_threads([&] {
        return value_and_gradients([&](const Inputs& in) { return activate(in[0], activation); },
                                   inputs);
      });
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
