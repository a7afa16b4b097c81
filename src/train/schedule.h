#pragma once
// Learning rate and weight decay of each optimizer step.

#include <cstdint>
#include <optional>

#include "config/training_sections.h"
#include "tensor/state.h"

namespace automodel::train {

/// What one optimizer step multiplies with, before a parameter group's own factors.
struct StepRates {
  double lr = 0;
  double weight_decay = 0;
  bool operator==(const StepRates&) const = default;
};

/// A schedule with every number filled in. Steps count optimizer steps that were done before.
/// Source: upstream OptimizerParamScheduler, after Megatron-LM.
struct Schedule {
  config::DecayStyle decay_style = config::DecayStyle::constant;
  std::int64_t warmup_steps = 0;
  std::int64_t decay_steps = 0;
  double init_lr = 0;
  double max_lr = 0;
  double min_lr = 0;
  /// Of decay style wsd: the last steps in which the rate falls, and how.
  std::int64_t wsd_decay_steps = 0;
  config::WsdDecayStyle wsd_decay_style = config::WsdDecayStyle::linear;
  config::WeightDecayStyle weight_decay_style = config::WeightDecayStyle::constant;
  std::int64_t weight_decay_steps = 0;
  double start_weight_decay = 0;
  double end_weight_decay = 0;

  bool operator==(const Schedule&) const = default;

  void visit(StateVisitor& visitor);
};

/// The rates of the step that follows `steps_done` steps.
StepRates rates_at(const Schedule& schedule, std::int64_t steps_done);

/// The recipe's schedule for a run of `total_steps` optimizer steps. Without a section lr_scheduler
/// the rates are the optimizer's and constant.
/// Throws Error(invalid_argument) where upstream asserts: 0 <= min_lr <= max_lr, init_lr <= max_lr,
/// warm-up shorter than decay, 0 <= start_wd <= end_wd (equal if constant).
Schedule make_schedule(const std::optional<config::LrScheduler>& section,
                       const config::Optimizer& optimizer, std::int64_t total_steps);

}  // namespace automodel::train
