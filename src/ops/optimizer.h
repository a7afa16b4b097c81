#pragma once
// Parameter updates.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <span>

#include "ops/deferred_gradients.h"

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
  /// The moments count divided by 1 - beta^step.
  bool bias_correction = true;
  /// The gradient counts times this: clipping without a pass of its own.
  double grad_scale = 1;
  bool operator==(const AdamOptions&) const = default;
};

/// What Adam keeps of one weight, in float32 or bfloat16, of the weight's shape.
struct AdamState {
  Tensor exp_avg;
  Tensor exp_avg_sq;
  Tensor max_exp_avg_sq;  // of exp_avg_sq's type; undefined: without amsgrad
};

/// One weight's part of a step. All arithmetic is in float32.
struct AdamUpdate {
  Tensor weight;  // float32, bfloat16 or float16
  Tensor grad;    // of a floating type; sparse: rows (row_gradient.h)
  /// The gradient of a weight [e, m, n], if it is not computed yet; null: it is `grad`.
  const DeferredGradient* deferred = nullptr;
  AdamState state;
  /// Where the weight's exact value is, if not in the weight: float32, of which a weight of any
  /// type takes the rounded value; or int16 or int8, what a bfloat16 weight is off (SplitFloat32).
  /// Undefined beside a bfloat16 weight: the weight is rounded at random, so that steps smaller
  /// than its last bit count in the mean.
  Tensor master;
  AdamOptions options;
  /// Of the random bits, with the step's number: other weights have another.
  std::uint64_t stream = 0;
};

/// Step number `step` (from 1) of Adam, in place on every weight, its master and its state, in one
/// pass over memory. bfloat16 moments are rounded at random: to the nearest, a second moment with
/// beta2 = 0.999 would never shrink. Throws Error(invalid_argument) if step < 1, or a dtype or
/// shape differs. Source: Kingma & Ba 2015; Loshchilov & Hutter 2019; matches torch.optim.Adam and
/// AdamW.
void adam_step(std::span<const AdamUpdate> updates, std::int64_t step);

/// The plain reference: one ATen call for each line of the paper.
void adam_step_reference(std::span<const AdamUpdate> updates, std::int64_t step);

/// Of all entries of all tensors, which have floating types and may be rows; in float32 parts that
/// are added in float64. Of tensors whose squares are known (known_squares.h), that sum.
double sum_of_squares(std::span<const Tensor> tensors);

}  // namespace automodel::ops
