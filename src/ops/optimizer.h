#pragma once
// Parameter updates.

#include <ATen/core/TensorBody.h>

#include <cstdint>

namespace automodel::ops {

using at::Tensor;

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  /// True: the weight shrinks by lr * weight_decay (AdamW); false: weight_decay * weight is added
  /// to the gradient (Adam).
  bool decoupled = true;
  /// Follows the gradient up instead of down.
  bool maximize = false;
};

/// What Adam keeps of one weight; float32, of the weight's shape.
struct AdamState {
  Tensor exp_avg;
  Tensor exp_avg_sq;
  Tensor max_exp_avg_sq;  // undefined: without amsgrad
};

/// Step number `step` (from 1) of Adam, in place on weight and state.
/// weight, grad: float32 of one shape. Throws Error(invalid_argument) if step < 1, or a dtype or
/// shape differs.
/// Source: Kingma & Ba 2015; Loshchilov & Hutter 2019; matches torch.optim.Adam and AdamW.
void adam_step(const Tensor& weight, const Tensor& grad, const AdamState& state, std::int64_t step,
               const AdamOptions& options);

/// The plain reference: one ATen call for each line of the paper.
void adam_step_reference(const Tensor& weight, const Tensor& grad, const AdamState& state,
                         std::int64_t step, const AdamOptions& options);

}  // namespace automodel::ops
