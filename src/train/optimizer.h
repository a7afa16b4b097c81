#pragma once
// The optimizer's state of every trained parameter and its update.

#include <cstdint>
#include <string>
#include <vector>

#include "config/training_sections.h"
#include "nn/parameters.h"
#include "ops/deferred_gradients.h"
#include "ops/optimizer.h"
#include "tensor/state.h"
#include "train/parameter_names.h"
#include "train/schedule.h"

namespace automodel::train {

using at::Tensor;

/// What gradients of this norm are multiplied with so that their norm is at most max_norm, as in
/// torch.nn.utils.clip_grad_norm_.
double clip_factor(double norm, double max_norm);

/// Adam (L2) or AdamW (decoupled) in float32 whatever the storage type: parameters that are not
/// stored in float32 are the rounded values of exact ones. Of these the optimizer keeps what the
/// parameter lacks, 8 or 16 bits beside bfloat16; without master weights the parameter is rounded
/// at random.
class Optimizer {
 public:
  /// Shares the tensors of `trained`. param_group_overrides go by `names`; a parameter without an
  /// entry there has its own name. Throws Error(unsupported) for another kind of optimizer, a state
  /// type other than float32 and bfloat16, or a pattern in param_group_overrides that matches some
  /// names of one parameter; Error(invalid_argument) for one that is malformed or matches none.
  Optimizer(const std::vector<nn::Parameter>& trained, const config::Optimizer& options,
            const ParameterNames& names = {});

  /// Updates every parameter from its gradient times grad_scale. One without gradient counts as a
  /// gradient of zero: its moments fade and its weight decay goes on. `deferred` has those that
  /// were not computed yet.
  void step(const StepRates& rates, double grad_scale = 1,
            const ops::DeferredGradients& deferred = {});

  /// Moments, masters and the step count; the parameters themselves are visited elsewhere.
  void visit(StateVisitor& visitor);

  /// Updates that were begun: unchanged behind a step that threw, nothing else has changed either.
  std::int64_t num_steps() const { return num_steps_; }
  /// Bytes of moments and masters.
  std::int64_t state_bytes() const;

 private:
  struct Slot {
    std::string name;
    Tensor value;
    Tensor master;  // as in ops::AdamUpdate
    ops::AdamState state;
    double lr_mult = 1;
    double weight_decay_mult = 1;
  };
  Slot make_slot(const nn::Parameter& parameter) const;
  void apply_overrides(const ParameterNames& names);
  /// Without a gradient.
  ops::AdamUpdate update_of(const Slot& slot, const StepRates& rates, double grad_scale) const;

  config::Optimizer options_;
  std::vector<Slot> slots_;
  std::int64_t num_steps_ = 0;
};

}  // namespace automodel::train
