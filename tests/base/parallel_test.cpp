#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace automodel {
namespace {

TEST(ParallelFor, RunsEachItemOnce) {
  for (const int num_threads : {0, 1, 4, 100}) {
    std::vector<int> calls(37);
    parallel_for(37, num_threads, [&](std::int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
    EXPECT_EQ(calls, std::vector<int>(37, 1));
  }
  parallel_for(0, 4, [](std::int64_t) { FAIL() << "there is nothing to do"; });
}

TEST(ParallelFor, RethrowsTheErrorOfTheSmallestItem) {
  std::atomic<int> calls = 0;
  try {
    parallel_for(1'000'000, 4, [&](std::int64_t i) {
      ++calls;
      if (i >= 5) {
        throw std::runtime_error("item " + std::to_string(i));
      }
    });
    FAIL() << "the error was lost";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "item 5");
  }
  EXPECT_LT(calls, 1000);
}

TEST(NumCores, IsPositive) { EXPECT_GE(num_cores(), 1); }

}  // namespace
}  // namespace automodel
