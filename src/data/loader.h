#pragma once
// The batches of a training run: shuffled epochs, dealt out to data-parallel ranks, made ahead of
// time, resumable at every step.

#include <cstdint>
#include <memory>
#include <vector>

#include "data/batch.h"
#include "data/batch_plan.h"
#include "data/dataset.h"

namespace automodel::data {

struct LoaderOptions {
  std::uint64_t seed = 0;
  /// A new order each epoch, drawn from (seed, epoch); otherwise the data set's order.
  bool shuffle = true;
  std::int64_t global_batch_size = 1;
  std::int64_t local_batch_size = 1;
  int data_rank = 0;
  int num_data_ranks = 1;
  /// Leaves out the rows at an epoch's end that do not fill a micro-batch on each rank.
  bool drop_last = false;
  /// Threads that tokenize ahead; 0: next() tokenizes.
  int num_threads = 1;
  /// Micro-batches made ahead.
  std::int64_t num_prefetched = 8;
  CollateOptions collate;
  RowLimits limits;
  /// The rows' lengths: steps then take rows of similar length (order_by_length). Empty: they do
  /// not.
  std::vector<std::int64_t> lengths;
};

/// All micro-batches that one rank computes for one optimizer step.
struct Step {
  std::int64_t epoch = 0;
  /// Rows of all ranks, in the epoch's order, that this step uses up: [begin, end).
  std::int64_t begin = 0, end = 0;
  bool ends_epoch = false;
  std::vector<Batch> micro_batches;
};

/// Every rank has a loader over the same data set with the same options but data_rank. All get the
/// same number of micro-batches; where no row is left for a rank it gets a filler without labels.
class Loader {
 public:
  /// Throws Error(invalid_argument) if the batch sizes do not fit or `start` is outside the data.
  Loader(std::shared_ptr<const Dataset> dataset, LoaderOptions options, LoaderState start = {});
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next optimizer step, on through all epochs without end. Throws as batch_of_rows for a row
  /// of it.
  Step next();

  /// After the last step returned; a loader that starts there goes on with the same steps.
  LoaderState state() const;
  /// Goes on from `state` instead.
  void restore(const LoaderState& state);

  /// Optimizer steps of a whole epoch, the last of which may be smaller.
  std::int64_t steps_per_epoch() const;
  /// Those that are left of the state's epoch.
  std::int64_t steps_left() const;

 private:
  class Stream;
  std::unique_ptr<Stream> stream_;
};

/// `order` with rows of similar length together: within each run of 50 steps, rows are sorted by
/// length, the longest first, and then the steps' order is drawn from (seed, epoch). A last,
/// smaller step stays the last. Every row comes in the same run of steps as before.
std::vector<std::int64_t> order_by_length(std::vector<std::int64_t> order,
                                          const LoaderOptions& options, std::int64_t epoch);

/// The order in which an epoch uses the rows: a permutation of 0..num_rows-1.
std::vector<std::int64_t> epoch_order(std::int64_t num_rows, std::uint64_t seed,
                                      std::int64_t epoch);

}  // namespace automodel::data
