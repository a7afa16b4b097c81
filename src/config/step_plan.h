#pragma once
// What a recipe means once the number of batches is known: steps, events and rates. Pure
// arithmetic. Source: NeMo AutoModel's step scheduler and parameter scheduler (Megatron's
// OptimizerParamScheduler).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/recipe.h"

namespace automodel::config {

/// Micro-batches per optimizer step: global_batch_size / (local_batch_size * data-parallel ranks).
/// Throws Error(invalid_argument) if that is no whole number.
std::int64_t accumulation_steps(const StepScheduler& scheduler, std::int64_t dp_size);

/// Rows of a micro-batch of training data: dataloader.batch_size; if that is null, as many as the
/// data set yields at once, or local_batch_size.
std::int64_t micro_batch_rows(const Recipe& recipe);

/// When things happen. Steps count from 0; epoch_len is null for data without a length.
struct StepPlan {
  std::optional<std::int64_t> epoch_len;
  std::int64_t num_epochs = 0;
  /// The run ends before this step.
  std::int64_t end_step = 0;
  std::int64_t ckpt_every_steps = 0;
  std::optional<std::int64_t> val_every_steps;
  bool save_checkpoint_every_epoch = true;
  /// First step of epoch 0 as it would be numbered; not 0 only with start_step or start_epoch.
  std::int64_t first_step = 0;

  bool operator==(const StepPlan&) const = default;

  bool is_last_step(std::int64_t step) const { return step + 1 >= end_step; }
  bool is_epoch_end(std::int64_t step) const;
  /// Every ckpt_every_steps, at an epoch's end if wanted, and at the last step.
  bool is_checkpoint_due(std::int64_t step) const;
  /// Every val_every_steps, and whenever a checkpoint is due.
  bool is_validation_due(std::int64_t step) const;
};

/// Throws Error(invalid_argument) if epoch_len is null and the recipe has no max_steps.
StepPlan plan_steps(const StepScheduler& scheduler, std::optional<std::int64_t> epoch_len);

/// The plan of a run that goes on with step `next_step` in epoch `epoch`, of which steps_left are
/// left: the same unless batches or data are others than before, which moves its ends of epochs.
StepPlan plan_rest(const StepScheduler& scheduler, std::int64_t epoch_len, std::int64_t next_step,
                   std::int64_t epoch, std::int64_t steps_left);

/// Learning rate and weight decay as functions of the number of optimizer steps done.
struct RateSchedule {
  DecayStyle style = DecayStyle::constant;
  std::int64_t warmup_steps = 0;
  std::int64_t decay_steps = 1;
  double init_lr = 0;
  double max_lr = 0;
  double min_lr = 0;
  double start_wd = 0;
  double end_wd = 0;
  std::int64_t wd_incr_steps = 1;
  WeightDecayStyle wd_style = WeightDecayStyle::constant;
  std::int64_t wsd_decay_steps = 0;
  WsdDecayStyle wsd_style = WsdDecayStyle::linear;

  bool operator==(const RateSchedule&) const = default;

  /// Rates of the step before which `steps_done` steps were made (0 at the first).
  double lr_at(std::int64_t steps_done) const;
  double weight_decay_at(std::int64_t steps_done) const;
};

/// Fills what the recipe leaves open from the run's number of steps and the optimizer's lr and
/// weight decay. Throws Error(invalid_argument) if the numbers contradict each other.
RateSchedule plan_rates(const Recipe& recipe, std::int64_t num_steps);

/// Parts of the recipe that the run's length makes pointless, e.g. a max_steps that the epochs
/// never reach.
std::vector<std::string> find_unreached(const Recipe& recipe, const StepPlan& plan);

}  // namespace automodel::config
