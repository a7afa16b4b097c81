#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cores.h"

namespace automodel {
namespace {

class Items {
 public:
  Items(std::int64_t num_items, const std::function<void(std::int64_t)>& work)
      : num_items_(num_items), work_(work) {}

  void run() {
    while (!failed_.load()) {
      const std::int64_t item = next_.fetch_add(1);
      if (item >= num_items_) {
        return;
      }
      try {
        work_(item);
      } catch (...) {
        fail(item);
      }
    }
  }

  void rethrow() const {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }

 private:
  void fail(std::int64_t item) {
    const std::scoped_lock lock(mutex_);
    if (!error_ || item < failed_item_) {
      error_ = std::current_exception();
      failed_item_ = item;
    }
    failed_.store(true);
  }

  std::int64_t num_items_;
  const std::function<void(std::int64_t)>& work_;
  std::atomic<std::int64_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::exception_ptr error_;
  std::int64_t failed_item_ = 0;
};

}  // namespace

int num_cores() { return usable_cores(); }

void parallel_for(std::int64_t num_items, int num_threads,
                  const std::function<void(std::int64_t)>& work) {
  Items items(num_items, work);
  {
    std::vector<std::jthread> threads;
    const std::int64_t num_others = std::min<std::int64_t>(num_threads, num_items) - 1;
    for (std::int64_t i = 0; i < num_others; ++i) {
      threads.emplace_back([&items] { items.run(); });
    }
    items.run();
  }
  items.rethrow();
}

}  // namespace automodel
