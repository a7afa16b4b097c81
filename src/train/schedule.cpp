#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace automodel::train {
namespace {

using config::DecayStyle;
using config::WeightDecayStyle;
using config::WsdDecayStyle;

double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// 1 at r = 0, 0 at r = 1.
double falling_cosine(double r) { return 0.5 * (1 + std::cos(std::numbers::pi * r)); }

double wsd_share(const Schedule& s, std::int64_t n) {
  const std::int64_t start = s.decay_steps - s.wsd_decay_steps;
  if (n <= start) {
    return 1;
  }
  const double q = ratio(n - start, s.wsd_decay_steps);
  switch (s.wsd_decay_style) {
    case WsdDecayStyle::linear:
      return 1 - q;
    case WsdDecayStyle::cosine:
      return falling_cosine(q);
    case WsdDecayStyle::exponential:
      return 2 * std::pow(0.5, q) - 1;
    case WsdDecayStyle::minus_sqrt:
      return 1 - std::sqrt(q);
  }
  return 0;
}

/// How much of max_lr - min_lr is left after the warm-up.
double decay_share(const Schedule& s, std::int64_t n) {
  const double r = ratio(n - s.warmup_steps, s.decay_steps - s.warmup_steps);
  switch (s.decay_style) {
    case DecayStyle::linear:
      return 1 - r;
    case DecayStyle::cosine:
      return falling_cosine(r);
    case DecayStyle::wsd:
      return wsd_share(s, n);
    case DecayStyle::constant:
    case DecayStyle::inverse_square_root:
      break;
  }
  return 1;
}

double lr_at(const Schedule& s, std::int64_t n) {
  if (s.warmup_steps > 0 && n <= s.warmup_steps) {
    return s.init_lr + (s.max_lr - s.init_lr) * ratio(n, s.warmup_steps);
  }
  if (s.decay_style == DecayStyle::constant) {
    return s.max_lr;
  }
  if (n > s.decay_steps) {
    return s.min_lr;
  }
  if (s.decay_style == DecayStyle::inverse_square_root) {
    const auto warmup = static_cast<double>(std::max<std::int64_t>(s.warmup_steps, 1));
    const auto steps = static_cast<double>(std::max<std::int64_t>(n, 1));
    return std::max(s.min_lr, s.max_lr * std::sqrt(warmup / steps));
  }
  return s.min_lr + decay_share(s, n) * (s.max_lr - s.min_lr);
}

double weight_decay_at(const Schedule& s, std::int64_t n) {
  if (n > s.weight_decay_steps || s.weight_decay_style == WeightDecayStyle::constant) {
    return s.end_weight_decay;
  }
  const double r = ratio(n, s.weight_decay_steps);
  const double share = s.weight_decay_style == WeightDecayStyle::linear ? r : 1 - falling_cosine(r);
  return s.start_weight_decay + share * (s.end_weight_decay - s.start_weight_decay);
}

void check_wsd(const Schedule& s, const config::LrScheduler& section) {
  if (s.decay_style != DecayStyle::wsd) {
    return;
  }
  check(section.wsd_decay_steps.has_value() && section.lr_wsd_decay_style.has_value(),
        ErrorKind::invalid_argument,
        "lr_scheduler: style WSD needs wsd_decay_steps (how many steps at the end decay) and "
        "lr_wsd_decay_style (linear, cosine, exponential or minus_sqrt)");
  check(s.wsd_decay_steps >= 1 && s.wsd_decay_steps <= s.decay_steps, ErrorKind::invalid_argument,
        "lr_scheduler.wsd_decay_steps is {}; it must be 1 to lr_decay_steps ({})",
        s.wsd_decay_steps, s.decay_steps);
}

void check_schedule(const Schedule& s) {
  check(s.min_lr >= 0 && s.min_lr <= s.max_lr, ErrorKind::invalid_argument,
        "lr_scheduler.min_lr is {:g}; it must be 0 to max_lr ({:g})", s.min_lr, s.max_lr);
  check(s.init_lr <= s.max_lr, ErrorKind::invalid_argument,
        "lr_scheduler.init_lr is {:g}; it must not exceed max_lr ({:g})", s.init_lr, s.max_lr);
  check(s.warmup_steps < s.decay_steps, ErrorKind::invalid_argument,
        "lr_scheduler: {} warm-up steps leave nothing of {} decay steps; lower lr_warmup_steps or "
        "train longer",
        s.warmup_steps, s.decay_steps);
  check(s.start_weight_decay >= 0 && s.start_weight_decay <= s.end_weight_decay,
        ErrorKind::invalid_argument, "lr_scheduler.start_wd is {:g}; it must be 0 to end_wd ({:g})",
        s.start_weight_decay, s.end_weight_decay);
  check(s.weight_decay_style != WeightDecayStyle::constant ||
            s.start_weight_decay == s.end_weight_decay,
        ErrorKind::invalid_argument,
        "lr_scheduler: start_wd {:g} and end_wd {:g} differ; set wd_incr_style to linear or cosine",
        s.start_weight_decay, s.end_weight_decay);
}

template <typename Enum>
void visit_enum(StateVisitor& visitor, const std::string& name, Enum& value) {
  auto number = static_cast<std::int64_t>(value);
  visitor.integer(name, number);
  value = static_cast<Enum>(number);
}

}  // namespace

void Schedule::visit(StateVisitor& visitor) {
  visit_enum(visitor, "schedule.decay_style", decay_style);
  visitor.integer("schedule.warmup_steps", warmup_steps);
  visitor.integer("schedule.decay_steps", decay_steps);
  visitor.number("schedule.init_lr", init_lr);
  visitor.number("schedule.max_lr", max_lr);
  visitor.number("schedule.min_lr", min_lr);
  visitor.integer("schedule.wsd_decay_steps", wsd_decay_steps);
  visit_enum(visitor, "schedule.wsd_decay_style", wsd_decay_style);
  visit_enum(visitor, "schedule.weight_decay_style", weight_decay_style);
  visitor.integer("schedule.weight_decay_steps", weight_decay_steps);
  visitor.number("schedule.start_weight_decay", start_weight_decay);
  visitor.number("schedule.end_weight_decay", end_weight_decay);
}

StepRates rates_at(const Schedule& schedule, std::int64_t steps_done) {
  return {.lr = lr_at(schedule, steps_done), .weight_decay = weight_decay_at(schedule, steps_done)};
}

Schedule make_schedule(const std::optional<config::LrScheduler>& section,
                       const config::Optimizer& optimizer, std::int64_t total_steps) {
  if (!section) {
    return {.max_lr = optimizer.lr,
            .start_weight_decay = optimizer.weight_decay,
            .end_weight_decay = optimizer.weight_decay};
  }
  const Schedule schedule{
      .decay_style = section->lr_decay_style,
      .warmup_steps =
          section->lr_warmup_steps.value_or(std::min<std::int64_t>(1000, total_steps / 10)),
      .decay_steps = section->lr_decay_steps.value_or(total_steps),
      .init_lr = section->init_lr.value_or(0.1 * optimizer.lr),
      .max_lr = section->max_lr.value_or(optimizer.lr),
      .min_lr = section->min_lr.value_or(0.01 * optimizer.lr),
      .wsd_decay_steps = section->wsd_decay_steps.value_or(0),
      .wsd_decay_style = section->lr_wsd_decay_style.value_or(WsdDecayStyle::linear),
      .weight_decay_style = section->wd_incr_style,
      .weight_decay_steps = section->wd_incr_steps.value_or(total_steps),
      .start_weight_decay = section->start_wd.value_or(optimizer.weight_decay),
      .end_weight_decay = section->end_wd.value_or(optimizer.weight_decay),
  };
  check_schedule(schedule);
  check_wsd(schedule, *section);
  return schedule;
}

}  // namespace automodel::train
