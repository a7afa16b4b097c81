#include "comm/thread_group.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "base/error.h"

namespace automodel::comm {
namespace {

/// Where the threads meet: each lays down a tensor, and all see all.
class Meeting {
 public:
  explicit Meeting(int size) : offered_(static_cast<std::size_t>(size)) {}

  /// Blocks until every rank has offered; then returns what they offered, in rank order.
  std::vector<Tensor> exchange(int rank, const Tensor& x) {
    std::unique_lock lock(mutex_);
    offered_[static_cast<std::size_t>(rank)] = x;
    wait_for_all(lock);
    return complete_;
  }

  /// Ends every present and future wait with an error.
  void abandon() {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    changed_.notify_all();
  }

 private:
  void wait_for_all(std::unique_lock<std::mutex>& lock) {
    const auto round = round_;
    if (++arrived_ == offered_.size()) {
      complete_ = offered_;
      arrived_ = 0;
      ++round_;
      changed_.notify_all();
      return;
    }
    changed_.wait(lock, [&] { return round_ != round || abandoned_; });
    check(round_ != round, ErrorKind::distributed, "another rank of the group failed");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Tensor> offered_;
  std::vector<Tensor> complete_;
  std::size_t arrived_ = 0;
  std::uint64_t round_ = 0;
  bool abandoned_ = false;
};

class ThreadGroup final : public Group {
 public:
  ThreadGroup(std::shared_ptr<Meeting> meeting, int rank, int size)
      : meeting_(std::move(meeting)), rank_(rank), size_(size) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void all_reduce(Tensor& x) override { x.copy_(sum(x)); }

  Tensor all_gather(const Tensor& x) override {
    const Tensor all = at::cat(meeting_->exchange(rank_, x));
    barrier();  // nobody changes what it offered before all have read it
    return all;
  }

  Tensor reduce_scatter(const Tensor& x) override {
    check(x.dim() > 0 && x.size(0) % size_ == 0, ErrorKind::invalid_argument,
          "reduce_scatter: dimension 0 of {} is not divisible by {} ranks",
          x.dim() > 0 ? x.size(0) : 0, size_);
    return sum(x).chunk(size_)[static_cast<std::size_t>(rank_)].clone();
  }

  void broadcast(Tensor& x, int root) override {
    check(root >= 0 && root < size_, ErrorKind::invalid_argument,
          "broadcast from rank {} in a group of {}", root, size_);
    const auto all = meeting_->exchange(rank_, x);
    const Tensor value = all[static_cast<std::size_t>(root)].clone();
    barrier();
    x.copy_(value);
  }

  void barrier() override { meeting_->exchange(rank_, Tensor()); }

 private:
  Tensor sum(const Tensor& x) {
    const auto all = meeting_->exchange(rank_, x);
    Tensor total = all[0].clone();
    for (std::size_t i = 1; i < all.size(); ++i) {
      total.add_(all[i]);
    }
    barrier();
    return total;
  }

  std::shared_ptr<Meeting> meeting_;
  int rank_;
  int size_;
};

std::vector<std::unique_ptr<Group>> groups_of(const std::shared_ptr<Meeting>& meeting, int size) {
  std::vector<std::unique_ptr<Group>> out;
  for (int rank = 0; rank < size; ++rank) {
    out.push_back(std::make_unique<ThreadGroup>(meeting, rank, size));
  }
  return out;
}

void check_size(int size) {
  check(size >= 1, ErrorKind::invalid_argument, "a group of {} ranks; expected at least 1", size);
}

}  // namespace

std::vector<std::unique_ptr<Group>> make_thread_groups(int size) {
  check_size(size);
  return groups_of(std::make_shared<Meeting>(size), size);
}

void run_ranks(int size, const std::function<void(Group&)>& body) {
  check_size(size);
  const auto meeting = std::make_shared<Meeting>(size);
  const auto groups = groups_of(meeting, size);
  std::mutex mutex;
  std::exception_ptr first;
  {
    std::vector<std::jthread> threads;
    for (const auto& group : groups) {
      threads.emplace_back([&] {
        try {
          body(*group);
        } catch (...) {
          const std::lock_guard lock(mutex);
          first = first ? first : std::current_exception();
          meeting->abandon();
        }
      });
    }
  }
  if (first) {
    std::rethrow_exception(first);
  }
}

}  // namespace automodel::comm
