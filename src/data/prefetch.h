#pragma once
// Values made ahead of their use by background threads, handed out in order.

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace automodel::data {

/// Hands out make(0), make(1), ... in this order. `num_threads` threads make at most `capacity`
/// values ahead; with 0 threads take() makes each value itself.
template <typename Value>
class Prefetch {
 public:
  /// `make` is called from several threads at once. Throws std::system_error if the system does
  /// not give that many.
  Prefetch(std::function<Value(std::int64_t)> make, int num_threads, std::int64_t capacity)
      : make_(std::move(make)), capacity_(capacity) {
    try {
      for (int i = 0; i < num_threads; ++i) {
        threads_.emplace_back([this] { run(); });
      }
    } catch (...) {
      stop();  // else those that are there would be waited for and wait themselves
      throw;
    }
  }

  /// Ends the threads; waits for the values that they are making.
  ~Prefetch() { stop(); }

  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  /// The next value; waits for it. Throws what make() threw for it, again at each further call.
  Value take() {
    if (threads_.empty()) {
      Value value = make_(num_taken_);
      ++num_taken_;
      return value;
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.contains(num_taken_); });
    auto& result = ready_.at(num_taken_);
    if (const auto* error = std::get_if<std::exception_ptr>(&result)) {
      std::rethrow_exception(*error);
    }
    Value value = std::move(std::get<Value>(result));
    ready_.erase(num_taken_++);
    lock.unlock();
    changed_.notify_all();
    return value;
  }

 private:
  using Result = std::variant<Value, std::exception_ptr>;

  void stop() {
    {
      const std::scoped_lock lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    threads_.clear();
  }

  void run() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || num_begun_ < num_taken_ + capacity_; });
      if (stopped_) {
        return;
      }
      const std::int64_t number = num_begun_++;
      lock.unlock();
      Result result = make_result(number);
      lock.lock();
      stopped_ = stopped_ || std::holds_alternative<std::exception_ptr>(result);
      ready_.emplace(number, std::move(result));
      lock.unlock();
      changed_.notify_all();
    }
  }

  Result make_result(std::int64_t number) const {
    try {
      return make_(number);
    } catch (...) {
      return std::current_exception();
    }
  }

  std::function<Value(std::int64_t)> make_;
  std::int64_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int64_t, Result> ready_;
  std::int64_t num_begun_ = 0;
  std::int64_t num_taken_ = 0;
  bool stopped_ = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace automodel::data
