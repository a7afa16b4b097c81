#include "data/loader.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/known.h"
#include "base/random.h"
#include "data/prefetch.h"

namespace automodel::data {
namespace {

using Order = std::vector<std::int64_t>;

/// The orders of the epochs in use; shared by the threads.
class Orders {
 public:
  Orders(std::int64_t num_rows, const LoaderOptions& options)
      : num_rows_(num_rows), options_(options) {}

  std::shared_ptr<const Order> of(std::int64_t epoch) {
    const std::scoped_lock lock(mutex_);
    const bool is_drawn = options_.shuffle || !options_.lengths.empty();
    auto& order = orders_[is_drawn ? epoch : 0];
    if (!order) {
      order = std::make_shared<const Order>(make(epoch));
    }
    auto result = order;
    while (orders_.size() > kKept) {
      orders_.erase(orders_.begin());
    }
    return result;
  }

 private:
  static constexpr std::size_t kKept = 2;  // prefetching reaches into the next epoch

  Order make(std::int64_t epoch) const {
    Order order(static_cast<std::size_t>(num_rows_));
    std::iota(order.begin(), order.end(), 0);
    if (options_.shuffle) {
      order = epoch_order(num_rows_, options_.seed, epoch);
    }
    return options_.lengths.empty() ? order : order_by_length(std::move(order), options_, epoch);
  }

  std::int64_t num_rows_;
  const LoaderOptions& options_;
  std::mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<const Order>> orders_;
};

BatchPlan make_plan(const Dataset& dataset, const LoaderOptions& options) {
  BatchPlan plan{.num_rows = dataset.size(),
                 .global_batch_size = options.global_batch_size,
                 .local_batch_size = options.local_batch_size,
                 .rank = options.data_rank,
                 .num_ranks = options.num_data_ranks};
  if (options.drop_last && plan.local_batch_size > 0 && plan.num_ranks > 0) {
    plan.num_rows -= plan.num_rows % (plan.local_batch_size * plan.num_ranks);
  }
  check_plan(plan);
  return plan;
}

}  // namespace

std::vector<std::int64_t> epoch_order(std::int64_t num_rows, std::uint64_t seed,
                                      std::int64_t epoch) {
  return permutation(num_rows,
                     RandomStream(seed, StreamPurpose::shuffle, static_cast<std::uint64_t>(epoch)));
}

std::vector<std::int64_t> order_by_length(std::vector<std::int64_t> order,
                                          const LoaderOptions& options, std::int64_t epoch) {
  constexpr std::size_t kStepsOfRun = 50;
  const auto step = static_cast<std::size_t>(options.global_batch_size);
  const auto length = [&](std::int64_t row) {
    return options.lengths[static_cast<std::size_t>(row)];
  };
  Order out;
  out.reserve(order.size());
  for (std::size_t begin = 0, run = 0; begin < order.size(); begin += kStepsOfRun * step, ++run) {
    const std::span rows(order.begin() + static_cast<std::ptrdiff_t>(begin),
                         std::min(kStepsOfRun * step, order.size() - begin));
    std::stable_sort(rows.begin(), rows.end(),
                     [&](std::int64_t a, std::int64_t b) { return length(a) > length(b); });
    const auto whole = static_cast<std::int64_t>(rows.size() / step);
    const RandomStream random(options.seed, StreamPurpose::shuffle,
                              static_cast<std::uint64_t>(epoch), run + 1);
    for (const std::int64_t group : permutation(whole, random)) {
      const auto part = rows.subspan(static_cast<std::size_t>(group) * step, step);
      out.insert(out.end(), part.begin(), part.end());
    }
    const auto rest = rows.subspan(static_cast<std::size_t>(whole) * step);
    out.insert(out.end(), rest.begin(), rest.end());
  }
  return out;
}

class Loader::Stream {
 public:
  Stream(std::shared_ptr<const Dataset> dataset, LoaderOptions options)
      : dataset_(std::move(dataset)),
        options_(std::move(options)),
        plan_(make_plan(*dataset_, options_)),
        orders_(dataset_->size(), options_) {
    check(options_.lengths.empty() ||
              static_cast<std::int64_t>(options_.lengths.size()) == dataset_->size(),
          ErrorKind::internal, "{} lengths of {} rows", options_.lengths.size(), dataset_->size());
  }

  void start_at(const LoaderState& state) {
    check(state.epoch >= 0 && state.sample >= 0 && state.sample <= plan_.num_rows,
          ErrorKind::invalid_argument,
          "cannot resume at row {} of epoch {}: the data set has {} rows; go on with the same data "
          "and packing (of Megatron's data raise dataset.num_train_samples), or train into another "
          "checkpoint.checkpoint_dir",
          state.sample, state.epoch, plan_.num_rows);
    batches_.reset();
    start_ = state_ = state;
    num_taken_ = 0;
    batches_.emplace([this](std::int64_t number) { return make(number); }, options_.num_threads,
                     options_.num_prefetched);
  }

  Step next() {
    const MicroBatch first = micro_batch_at(plan_, start_, num_taken_);
    Step step{.epoch = first.epoch,
              .begin = first.step_begin,
              .end = first.step_end,
              .ends_epoch = first.step_end == plan_.num_rows,
              .micro_batches = {}};
    for (std::int64_t i = 0; i < first.num_in_step; ++i) {
      step.micro_batches.push_back(known(batches_).take());
    }
    num_taken_ += first.num_in_step;
    state_ = step.ends_epoch ? LoaderState{step.epoch + 1, 0} : LoaderState{step.epoch, step.end};
    return step;
  }

  const LoaderState& state() const { return state_; }
  const BatchPlan& plan() const { return plan_; }

 private:
  Batch make(std::int64_t number) {
    const MicroBatch micro = micro_batch_at(plan_, start_, number);
    const auto order = orders_.of(micro.epoch);
    const bool empty = micro.begin == micro.end;
    const std::int64_t begin = empty ? micro.step_begin : micro.begin;
    const std::int64_t end = empty ? micro.step_begin + 1 : micro.end;
    const auto rows = std::span(*order).subspan(static_cast<std::size_t>(begin),
                                                static_cast<std::size_t>(end - begin));
    Batch batch = batch_of_rows(*dataset_, rows, options_.limits, options_.collate);
    return empty ? filler(std::move(batch)) : batch;
  }

  std::shared_ptr<const Dataset> dataset_;
  LoaderOptions options_;
  BatchPlan plan_;
  Orders orders_;
  LoaderState start_, state_;
  std::int64_t num_taken_ = 0;              // micro-batches since start_
  std::optional<Prefetch<Batch>> batches_;  // last: its threads use all of the above
};

Loader::Loader(std::shared_ptr<const Dataset> dataset, LoaderOptions options, LoaderState start)
    : stream_(std::make_unique<Stream>(std::move(dataset), std::move(options))) {
  stream_->start_at(start);
}

Loader::~Loader() = default;

Step Loader::next() { return stream_->next(); }

LoaderState Loader::state() const { return stream_->state(); }

void Loader::restore(const LoaderState& state) { stream_->start_at(state); }

std::int64_t Loader::steps_per_epoch() const { return data::steps_per_epoch(stream_->plan()); }

std::int64_t Loader::steps_left() const {
  return data::steps_left(stream_->plan(), state().sample);
}

}  // namespace automodel::data
