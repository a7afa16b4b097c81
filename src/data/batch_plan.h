#pragma once
// Which rows are computed when and where: pure arithmetic, so that any thread, any rank and a
// resumed run agree.

#include <cstdint>

namespace automodel::data {

/// How the rows of an epoch, in their shuffled order, are dealt out. The n-th optimizer step takes
/// the next global_batch_size rows whatever the number of ranks; within a step, micro-batch m of
/// rank r takes the local_batch_size rows from (m * num_ranks + r) * local_batch_size on.
struct BatchPlan {
  std::int64_t num_rows = 0;
  std::int64_t global_batch_size = 1;
  std::int64_t local_batch_size = 1;
  int rank = 0;
  int num_ranks = 1;
  bool operator==(const BatchPlan&) const = default;
};

/// Throws Error(invalid_argument) if a size is not positive, the global batch size is not divisible
/// by local_batch_size * num_ranks, or there are no rows.
void check_plan(const BatchPlan& plan);

/// Where a run stands: rows of this epoch, in its order, that optimizer steps have used up.
struct LoaderState {
  std::int64_t epoch = 0;
  std::int64_t sample = 0;
  bool operator==(const LoaderState&) const = default;
};

/// One micro-batch of one rank. Its rows are [begin, end) of the epoch's order.
struct MicroBatch {
  std::int64_t epoch = 0;
  std::int64_t step_begin = 0, step_end = 0;  // the rows of its optimizer step
  std::int64_t begin = 0, end = 0;            // empty if the step has no rows left for this rank
  std::int64_t index = 0, num_in_step = 1;
  bool operator==(const MicroBatch&) const = default;
};

/// ceil(num_rows / global_batch_size); the last step of an epoch may be smaller.
std::int64_t steps_per_epoch(const BatchPlan& plan);

/// Those that the rows from `sample` on make.
std::int64_t steps_left(const BatchPlan& plan, std::int64_t sample);

/// The micro-batch number `number` (from 0) of the endless stream that begins at `start`.
/// 0 <= start.sample <= num_rows.
MicroBatch micro_batch_at(const BatchPlan& plan, const LoaderState& start, std::int64_t number);

}  // namespace automodel::data
