#include "tensor/threads.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/cores.h"
#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

class ThreadsTest : public ::testing::Test {
 protected:
  ~ThreadsTest() override { at::set_num_threads(before_); }
  int before_ = at::get_num_threads();
};

TEST_F(ThreadsTest, SetsTheNumber) {
  EXPECT_EQ(configure_threads(2), 2);
  EXPECT_EQ(at::get_num_threads(), 2);
}

TEST_F(ThreadsTest, ZeroAsksTheUserThenTheMachine) {
  const char* before = std::getenv("OMP_NUM_THREADS");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("OMP_NUM_THREADS", "3", 1);
  EXPECT_EQ(configure_threads(0), 3);
  ::unsetenv("OMP_NUM_THREADS");
  EXPECT_EQ(configure_threads(0), usable_cores());
  if (before != nullptr) {
    ::setenv("OMP_NUM_THREADS", saved.c_str(), 1);
  }
}

TEST_F(ThreadsTest, RefusesANegativeNumber) {
  testing::expect_error(ErrorKind::invalid_argument, "must not be negative, found -1",
                        [] { configure_threads(-1); });
  testing::expect_error(ErrorKind::invalid_argument, "4096 threads are too many",
                        [] { configure_threads(4096); });
}

TEST_F(ThreadsTest, EachTaskRunsOnceAndNoWorkerTwiceAtATime) {
  at::set_num_threads(3);
  std::vector<std::atomic<int>> runs(100), busy(3);
  for_each_task(100, [&](std::int64_t task, std::int64_t worker) {
    EXPECT_EQ(busy.at(static_cast<std::size_t>(worker)).fetch_add(1), 0);
    runs.at(static_cast<std::size_t>(task)).fetch_add(1);
    busy.at(static_cast<std::size_t>(worker)).fetch_sub(1);
  });
  for (const auto& count : runs) {
    EXPECT_EQ(count.load(), 1);
  }
  for_each_task(0, [](std::int64_t, std::int64_t) { FAIL(); });
}

/// A plain loop would wait here until the time is over.
TEST_F(ThreadsTest, TasksRunAtTheSameTime) {
  at::set_num_threads(2);
  std::atomic<int> arrived = 0, met = 0;
  for_each_task(2, [&](std::int64_t /*task*/, std::int64_t /*worker*/) {
    ++arrived;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (arrived < 2 && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    met += arrived == 2 ? 1 : 0;
  });
  EXPECT_EQ(met, 2);
}

TEST_F(ThreadsTest, TasksInsideTasksRunOnTheirThread) {
  at::set_num_threads(2);
  std::atomic<int> calls = 0;
  for_each_task(4, [&](std::int64_t, std::int64_t) {
    EXPECT_EQ(num_workers(), 1);
    for_each_task(3, [&](std::int64_t, std::int64_t worker) {
      EXPECT_EQ(worker, 0);
      ++calls;
    });
  });
  EXPECT_EQ(calls, 12);
}

TEST_F(ThreadsTest, PassesOnWhatATaskThrows) {
  at::set_num_threads(2);
  EXPECT_THROW(for_each_task(8,
                             [](std::int64_t task, std::int64_t) {
                               if (task == 5) {
                                 throw std::runtime_error("task 5");
                               }
                             }),
               std::runtime_error);
}

}  // namespace
}  // namespace automodel
