#pragma once
// Feed-forward blocks.

#include "ops/linear.h"

namespace automodel::ops {

enum class Activation { silu, gelu, gelu_tanh, relu, relu2 };

/// Element by element, traced by autograd.
Tensor activate(const Tensor& x, Activation activation);
/// The gradient of x for the gradient of activate(x).
Tensor activate_backward(const Tensor& grad, const Tensor& x, Activation activation);

/// down(act(gate(x)) * up(x)). x_td: [t, d]; returns [t, d] in x's dtype.
/// Keeps gate(x) and up(x) for the backward; the product of width i is recomputed there, not kept.
/// Source: Shazeer 2020.
Tensor gated_mlp(const Tensor& x_td, const Linear& gate, const Linear& up, const Linear& down,
                 Activation activation);

/// down(act(up(x))); keeps up(x) only.
Tensor plain_mlp(const Tensor& x_td, const Linear& up, const Linear& down, Activation activation);

}  // namespace automodel::ops
