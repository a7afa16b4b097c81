#include "ops/glu.h"

#include <ATen/ATen.h>

namespace automodel::ops {

Tensor glu(const Tensor& gate, const Tensor& up, const GluOptions& options) {
  if (!options.clamp) {
    return activate(gate, options.activation).mul_(up);
  }
  const auto& [limit, alpha] = *options.clamp;
  const Tensor g = gate.clamp_max(limit);
  return at::sigmoid(g * alpha).mul_(g).mul_(up.clamp(-limit, limit).add_(1));
}

GluGrads glu_backward(const Tensor& grad, const Tensor& gate, const Tensor& up,
                      const GluOptions& options) {
  if (!options.clamp) {
    return {activate_backward(grad * up, gate, options.activation),
            activate(gate, options.activation).mul_(grad)};
  }
  const auto& [limit, alpha] = *options.clamp;
  const Tensor g = gate.clamp_max(limit);
  const Tensor s = at::sigmoid(g * alpha);
  const Tensor slope = s * (1 + g * alpha * (1 - s));  // of g * sigmoid(alpha * g)
  const Tensor inside = up.abs().le(limit);
  return {grad * (up.clamp(-limit, limit) + 1) * slope * gate.le(limit), grad * g * s * inside};
}

}  // namespace automodel::ops
