#include "config/step_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/division.h"
#include "base/error.h"

namespace automodel::config {
namespace {

constexpr std::int64_t kUsualEpochs = 10;

/// a * b, or the largest number if that does not fit.
std::int64_t saturating_product(std::int64_t a, std::int64_t b) {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  return b != 0 && a > kLargest / b ? kLargest : a * b;
}

std::int64_t number_of_epochs(const StepScheduler& s, std::optional<std::int64_t> epoch_len) {
  if (s.num_epochs) {
    return *s.num_epochs;
  }
  return s.max_steps && epoch_len ? ceil_div(*s.max_steps, *epoch_len) : kUsualEpochs;
}

double cosine_down(double r) { return 0.5 * (1 + std::cos(std::numbers::pi * r)); }

/// From 1 at q = 0 to 0 at q = 1.
double wsd_factor(WsdDecayStyle style, double q) {
  switch (style) {
    case WsdDecayStyle::linear:
      return 1 - q;
    case WsdDecayStyle::cosine:
      return cosine_down(q);
    case WsdDecayStyle::exponential:
      return 2 * std::pow(0.5, q) - 1;
    case WsdDecayStyle::minus_sqrt:
      return 1 - std::sqrt(q);
  }
  return 1;
}

void check_rates(const RateSchedule& r) {
  check(r.min_lr <= r.max_lr, ErrorKind::invalid_argument,
        "lr_scheduler: min_lr {} is more than max_lr {}", r.min_lr, r.max_lr);
  check(r.init_lr <= r.max_lr, ErrorKind::invalid_argument,
        "lr_scheduler: init_lr {} is more than max_lr {}", r.init_lr, r.max_lr);
  check(r.warmup_steps < r.decay_steps, ErrorKind::invalid_argument,
        "lr_scheduler: lr_warmup_steps {} must be less than lr_decay_steps {} (by default the "
        "run's steps)",
        r.warmup_steps, r.decay_steps);
  check(r.style != DecayStyle::wsd || r.wsd_decay_steps <= r.decay_steps - r.warmup_steps,
        ErrorKind::invalid_argument,
        "lr_scheduler: wsd_decay_steps {} is more than the {} steps after the warm-up ({} of "
        "lr_decay_steps {}, by default the run's steps): the rate would fall at once; make it "
        "shorter",
        r.wsd_decay_steps, r.decay_steps - r.warmup_steps, r.warmup_steps, r.decay_steps);
  check(r.start_wd <= r.end_wd, ErrorKind::invalid_argument,
        "lr_scheduler: start_wd {} is more than end_wd {}", r.start_wd, r.end_wd);
}

}  // namespace

std::int64_t accumulation_steps(const StepScheduler& scheduler, std::int64_t dp_size) {
  const std::int64_t per_pass = saturating_product(scheduler.local_batch_size, dp_size);
  check(per_pass > 0 && scheduler.global_batch_size % per_pass == 0, ErrorKind::invalid_argument,
        "step_scheduler.global_batch_size {} is not divisible by local_batch_size {} * {} "
        "data-parallel "
        "ranks",
        scheduler.global_batch_size, scheduler.local_batch_size, dp_size);
  return scheduler.global_batch_size / per_pass;
}

std::int64_t micro_batch_rows(const Recipe& recipe) {
  const std::int64_t local = recipe.step_scheduler.local_batch_size;
  if (recipe.dataloader.batch_size) {
    return *recipe.dataloader.batch_size;
  }
  return recipe.is_benchmark ? local : recipe.dataset.keys.value("batch_size", local);
}

bool StepPlan::is_epoch_end(std::int64_t step) const {
  return epoch_len && (step - first_step + 1) % *epoch_len == 0;
}

bool StepPlan::is_checkpoint_due(std::int64_t step) const {
  return step % ckpt_every_steps == ckpt_every_steps - 1 ||
         (save_checkpoint_every_epoch && is_epoch_end(step)) || is_last_step(step);
}

bool StepPlan::is_validation_due(std::int64_t step) const {
  return (val_every_steps && step % *val_every_steps == *val_every_steps - 1) ||
         is_checkpoint_due(step);
}

StepPlan plan_steps(const StepScheduler& scheduler, std::optional<std::int64_t> epoch_len) {
  check(epoch_len || scheduler.max_steps, ErrorKind::invalid_argument,
        "step_scheduler.max_steps is needed: the data set has no length");
  check(!epoch_len || *epoch_len > 0, ErrorKind::invalid_argument,
        "the data set has no rows, so there is nothing to train on");
  StepPlan plan;
  plan.epoch_len = epoch_len;
  plan.num_epochs = number_of_epochs(scheduler, epoch_len);
  plan.save_checkpoint_every_epoch = scheduler.save_checkpoint_every_epoch;
  plan.val_every_steps = scheduler.val_every_steps;
  plan.end_step = scheduler.max_steps.value_or(std::numeric_limits<std::int64_t>::max());
  if (epoch_len) {
    plan.first_step = scheduler.start_step - saturating_product(scheduler.start_epoch, *epoch_len);
    plan.end_step =
        std::min(plan.end_step, plan.first_step + saturating_product(plan.num_epochs, *epoch_len));
  }
  const std::int64_t usual =
      epoch_len.value_or(std::max<std::int64_t>(1, scheduler.max_steps.value_or(1) / 2));
  plan.ckpt_every_steps = scheduler.ckpt_every_steps.value_or(usual);
  return plan;
}

StepPlan plan_rest(const StepScheduler& scheduler, std::int64_t epoch_len, std::int64_t next_step,
                   std::int64_t epoch, std::int64_t steps_left) {
  StepScheduler rest = scheduler;  // numbered as if it began with this epoch
  rest.start_epoch = epoch;
  rest.start_step = next_step - (epoch_len - steps_left);
  rest.num_epochs = number_of_epochs(scheduler, epoch_len);
  if (!scheduler.num_epochs && scheduler.max_steps) {  // earlier epochs may have had other lengths
    const auto steps = std::max<std::int64_t>(*scheduler.max_steps - rest.start_step, 0);
    rest.num_epochs = epoch + ceil_div(steps, epoch_len);
  }
  return plan_steps(rest, epoch_len);
}

double RateSchedule::lr_at(std::int64_t steps_done) const {
  const auto n = static_cast<double>(steps_done);
  const auto warmup = static_cast<double>(warmup_steps);
  if (warmup_steps > 0 && steps_done <= warmup_steps) {
    return init_lr + (max_lr - init_lr) * n / warmup;
  }
  if (style == DecayStyle::constant) {
    return max_lr;
  }
  if (steps_done > decay_steps) {
    return min_lr;
  }
  if (style == DecayStyle::inverse_square_root) {
    return std::max(min_lr,
                    max_lr * std::sqrt(std::max(warmup, 1.0)) / std::sqrt(std::max(n, 1.0)));
  }
  double factor = 1;
  if (style == DecayStyle::wsd) {
    const std::int64_t start = decay_steps - wsd_decay_steps;
    factor = steps_done <= start ? 1
                                 : wsd_factor(wsd_style, static_cast<double>(steps_done - start) /
                                                             static_cast<double>(wsd_decay_steps));
  } else {
    const double r = (n - warmup) / static_cast<double>(decay_steps - warmup_steps);
    factor = style == DecayStyle::linear ? 1 - r : cosine_down(r);
  }
  return min_lr + factor * (max_lr - min_lr);
}

double RateSchedule::weight_decay_at(std::int64_t steps_done) const {
  if (wd_style == WeightDecayStyle::constant || steps_done > wd_incr_steps) {
    return end_wd;
  }
  const double r = static_cast<double>(steps_done) / static_cast<double>(wd_incr_steps);
  const double factor = wd_style == WeightDecayStyle::linear ? r : cosine_down(1 - r);
  return start_wd + factor * (end_wd - start_wd);
}

RateSchedule plan_rates(const Recipe& recipe, std::int64_t num_steps) {
  const double lr = recipe.optimizer.lr;
  const double decay = recipe.optimizer.weight_decay;
  if (!recipe.lr_scheduler) {
    return {.init_lr = lr, .max_lr = lr, .min_lr = lr, .start_wd = decay, .end_wd = decay};
  }
  const LrScheduler& s = *recipe.lr_scheduler;
  RateSchedule out;
  out.style = s.lr_decay_style;
  out.warmup_steps = s.lr_warmup_steps.value_or(std::min<std::int64_t>(1000, num_steps / 10));
  out.decay_steps = s.lr_decay_steps.value_or(num_steps);
  out.init_lr = s.init_lr.value_or(0.1 * lr);
  out.max_lr = s.max_lr.value_or(lr);
  out.min_lr = s.min_lr.value_or(0.01 * lr);
  out.start_wd = s.start_wd.value_or(decay);
  out.end_wd = s.end_wd.value_or(decay);
  out.wd_incr_steps = s.wd_incr_steps.value_or(num_steps);
  out.wd_style = s.wd_incr_style;
  out.wsd_decay_steps = s.wsd_decay_steps.value_or(0);
  out.wsd_style = s.lr_wsd_decay_style.value_or(WsdDecayStyle::linear);
  check_rates(out);
  return out;
}

std::vector<std::string> find_unreached(const Recipe& recipe, const StepPlan& plan) {
  std::vector<std::string> out;
  const auto max_steps = recipe.step_scheduler.max_steps;
  if (max_steps && *max_steps > plan.end_step) {
    out.push_back(
        fmt::format("step_scheduler.max_steps {} is never reached: {} epochs are {} steps",
                    *max_steps, plan.num_epochs, plan.end_step));
  }
  const auto decay = recipe.lr_scheduler ? recipe.lr_scheduler->lr_decay_steps : std::nullopt;
  const bool is_told = max_steps && decay && *decay > *max_steps;  // by the recipe's rules
  const auto warmup = recipe.lr_scheduler ? recipe.lr_scheduler->lr_warmup_steps : std::nullopt;
  if (warmup && *warmup >= plan.end_step) {
    out.push_back(
        fmt::format("lr_scheduler.lr_warmup_steps {} is not less than the run's {} steps: the "
                    "learning rate never reaches max_lr",
                    *warmup, plan.end_step));
  } else if (decay && *decay > plan.end_step && !is_told) {
    out.push_back(
        fmt::format("lr_scheduler.lr_decay_steps {} is longer than the run's {} steps: the "
                    "learning rate does not come down to min_lr",
                    *decay, plan.end_step));
  }
  const auto val = plan.val_every_steps;
  if (val && *val > plan.end_step) {
    out.push_back(
        fmt::format("step_scheduler.val_every_steps {} is more than the run's {} steps: "
                    "validation comes with checkpoints only",
                    *val, plan.end_step));
  }
  return out;
}

}  // namespace automodel::config
