#pragma once
// The product inside a gated feed-forward, and activations.

#include <ATen/core/TensorBody.h>

#include <optional>

namespace automodel::ops {

using at::Tensor;

enum class Activation { silu, gelu, gelu_tanh, relu, relu2 };

/// GPT-OSS: g = min(gate, limit), u = clamp(up, +-limit); (u + 1) * g *
/// sigmoid(alpha * g).
struct GluClamp {
  double limit = 7;
  double alpha = 1.702;
};

/// act(gate) * up, or the clamped product (the activation is then not used).
struct GluOptions {
  Activation activation = Activation::silu;
  std::optional<GluClamp> clamp;
};

struct GluGrads {
  Tensor gate, up;
};

/// Same shapes in and out; no autograd. Without `up` (and a clamp) the activation alone, by the
/// same kernels: what LibTorch makes of an element may depend on the number of threads.
Tensor glu(const Tensor& gate, const Tensor& up, const GluOptions& options);
GluGrads glu_backward(const Tensor& grad, const Tensor& gate, const Tensor& up,
                      const GluOptions& options);

/// The activation alone, in x's shape and dtype. Traced by autograd.
Tensor activate(const Tensor& x, Activation activation);

/// Gradients of weights_p times the gated product, row by row: of the weights (float32, or float64
/// of float64), of gate and up; and that product itself, if wanted. grad_pi, gate_pi, up_pi: [p,
/// i].
struct WeightedGluGrads {
  Tensor product_pi, weights_p;
  GluGrads inner;
};
WeightedGluGrads weighted_glu_backward(const Tensor& grad_pi, const Tensor& gate_pi,
                                       const Tensor& up_pi, const Tensor& weights_p,
                                       const GluOptions& options, bool wants_product);

/// The plain references.
Tensor glu_reference(const Tensor& gate, const Tensor& up, const GluOptions& options);
GluGrads glu_backward_reference(const Tensor& grad, const Tensor& gate, const Tensor& up,
                                const GluOptions& options);
WeightedGluGrads weighted_glu_backward_reference(const Tensor& grad_pi, const Tensor& gate_pi,
                                                 const Tensor& up_pi, const Tensor& weights_p,
                                                 const GluOptions& options, bool wants_product);

}  // namespace automodel::ops
