#include "train/schedule.h"

namespace automodel::train {
namespace {

template <typename Enum>
void visit_enum(StateVisitor& visitor, const std::string& name, Enum& value) {
  auto number = static_cast<std::int64_t>(value);
  visitor.integer(name, number);
  value = static_cast<Enum>(number);
}

}  // namespace

StepRates rates_at(const config::RateSchedule& schedule, std::int64_t steps_done) {
  return {.lr = schedule.lr_at(steps_done), .weight_decay = schedule.weight_decay_at(steps_done)};
}

void visit(config::RateSchedule& schedule, StateVisitor& visitor) {
  visit_enum(visitor, "schedule.style", schedule.style);
  visitor.integer("schedule.warmup_steps", schedule.warmup_steps);
  visitor.integer("schedule.decay_steps", schedule.decay_steps);
  visitor.number("schedule.init_lr", schedule.init_lr);
  visitor.number("schedule.max_lr", schedule.max_lr);
  visitor.number("schedule.min_lr", schedule.min_lr);
  visitor.number("schedule.start_wd", schedule.start_wd);
  visitor.number("schedule.end_wd", schedule.end_wd);
  visitor.integer("schedule.wd_incr_steps", schedule.wd_incr_steps);
  visit_enum(visitor, "schedule.wd_style", schedule.wd_style);
  visitor.integer("schedule.wsd_decay_steps", schedule.wsd_decay_steps);
  visit_enum(visitor, "schedule.wsd_style", schedule.wsd_style);
}

}  // namespace automodel::train
