#pragma once
// Parameter updates.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <span>

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
  /// The gradient counts times this: clipping without a pass of its own.
  double grad_scale = 1;
};

/// What Adam keeps of one weight; float32, of the weight's shape.
struct AdamState {
  Tensor exp_avg;
  Tensor exp_avg_sq;
  Tensor max_exp_avg_sq;  // undefined: without amsgrad
};

/// One weight's part of a step.
struct AdamUpdate {
  Tensor weight;  // float32
  Tensor grad;    // of a floating type
  AdamState state;
  Tensor stored;  // takes the weight, rounded to its type; undefined: nothing does
  AdamOptions options;
};

/// Step number `step` (from 1) of Adam, in place on every weight, its state and what is stored, in
/// one pass over memory. Throws Error(invalid_argument) if step < 1, or a dtype or shape differs.
/// Source: Kingma & Ba 2015; Loshchilov & Hutter 2019; matches torch.optim.Adam and AdamW.
void adam_step(std::span<const AdamUpdate> updates, std::int64_t step);

/// The plain reference: one ATen call for each line of the paper.
void adam_step_reference(std::span<const AdamUpdate> updates, std::int64_t step);

/// Of all entries of all tensors, which have floating types; in float32 parts that are added in
/// float64.
double sum_of_squares(std::span<const Tensor> tensors);

}  // namespace automodel::ops
