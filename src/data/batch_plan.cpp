#include "data/batch_plan.h"

#include <algorithm>

#include "base/division.h"
#include "base/error.h"

namespace automodel::data {
namespace {

std::int64_t rows_at_once(const BatchPlan& plan) { return plan.local_batch_size * plan.num_ranks; }

/// The micro-batches of each rank for the last `num_rows` rows of an epoch.
std::int64_t num_micro_batches(const BatchPlan& plan, std::int64_t num_rows) {
  const std::int64_t whole_steps = num_rows / plan.global_batch_size;
  const std::int64_t rest = num_rows % plan.global_batch_size;
  return whole_steps * (plan.global_batch_size / rows_at_once(plan)) +
         ceil_div(rest, rows_at_once(plan));
}

}  // namespace

void check_plan(const BatchPlan& plan) {
  check(plan.local_batch_size > 0 && plan.global_batch_size > 0, ErrorKind::invalid_argument,
        "batch sizes must be positive, found global_batch_size {} and local_batch_size {}",
        plan.global_batch_size, plan.local_batch_size);
  check(plan.num_ranks > 0 && plan.rank >= 0 && plan.rank < plan.num_ranks, ErrorKind::internal,
        "data rank {} of {}", plan.rank, plan.num_ranks);
  check(plan.global_batch_size % rows_at_once(plan) == 0, ErrorKind::invalid_argument,
        "global_batch_size {} must be divisible by local_batch_size {} times the {} data-parallel "
        "ranks",
        plan.global_batch_size, plan.local_batch_size, plan.num_ranks);
  check(plan.num_rows > 0, ErrorKind::invalid_argument,
        "the data set has no rows to make a batch of; with drop_last it needs at least "
        "local_batch_size times the data-parallel ranks = {}",
        rows_at_once(plan));
}

std::int64_t steps_per_epoch(const BatchPlan& plan) { return steps_left(plan, 0); }

std::int64_t steps_left(const BatchPlan& plan, std::int64_t sample) {
  return ceil_div(plan.num_rows - sample, plan.global_batch_size);
}

MicroBatch micro_batch_at(const BatchPlan& plan, const LoaderState& start, std::int64_t number) {
  MicroBatch out{.epoch = start.epoch};
  std::int64_t epoch_begin = start.sample;
  const std::int64_t in_first = num_micro_batches(plan, plan.num_rows - start.sample);
  if (number >= in_first) {
    const std::int64_t in_epoch = num_micro_batches(plan, plan.num_rows);
    out.epoch += 1 + (number - in_first) / in_epoch;
    number = (number - in_first) % in_epoch;
    epoch_begin = 0;
  }
  const std::int64_t in_step = plan.global_batch_size / rows_at_once(plan);
  out.index = number % in_step;
  out.step_begin = epoch_begin + number / in_step * plan.global_batch_size;
  out.step_end = std::min(out.step_begin + plan.global_batch_size, plan.num_rows);
  out.num_in_step = ceil_div(out.step_end - out.step_begin, rows_at_once(plan));
  const std::int64_t offset = (out.index * plan.num_ranks + plan.rank) * plan.local_batch_size;
  out.begin = std::min(out.step_begin + offset, out.step_end);
  out.end = std::min(out.begin + plan.local_batch_size, out.step_end);
  return out;
}

}  // namespace automodel::data
