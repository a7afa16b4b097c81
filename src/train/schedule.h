#pragma once
// Learning rate and weight decay of each optimizer step. The arithmetic: config/step_plan.h.

#include <cstdint>

#include "config/step_plan.h"
#include "tensor/state.h"

namespace automodel::train {

/// What one optimizer step multiplies with, before a parameter group's own factors.
struct StepRates {
  double lr = 0;
  double weight_decay = 0;
  bool operator==(const StepRates&) const = default;
};

/// The rates of the step that follows `steps_done` steps.
StepRates rates_at(const config::RateSchedule& schedule, std::int64_t steps_done);

/// The schedule is part of a run's state: a resumed run keeps to it.
void visit(config::RateSchedule& schedule, StateVisitor& visitor);

}  // namespace automodel::train
