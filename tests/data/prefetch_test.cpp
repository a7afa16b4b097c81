#include "data/prefetch.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "data/support.h"
#include "tests/base/sanitized.h"
#include "tests/base/scarce_process.h"

namespace automodel::data {
namespace {

TEST(Prefetch, HandsOutInOrder) {
  for (const int num_threads : {0, 1, 4}) {
    Prefetch<std::int64_t> squares([](std::int64_t i) { return i * i; }, num_threads, 3);
    for (std::int64_t i = 0; i < 500; ++i) {
      ASSERT_EQ(squares.take(), i * i);
    }
  }
}

TEST(Prefetch, MakesNoMoreAheadThanAllowed) {
  std::atomic<std::int64_t> most = 0;
  std::atomic<std::int64_t> taken = 0;
  Prefetch<std::int64_t> numbers(
      [&](std::int64_t i) {
        most = std::max(most.load(), i - taken.load());
        return i;
      },
      3, 4);
  for (int i = 0; i < 200; ++i) {
    numbers.take();
    ++taken;
  }
  EXPECT_LE(most, 4 + 3);
}

TEST(Prefetch, ErrorsComeInTheirPlaceAndStay) {
  for (const int num_threads : {0, 1, 4}) {
    Prefetch<int> values(
        [](std::int64_t i) {
          if (i == 7) {
            throw std::runtime_error("seven");
          }
          return static_cast<int>(i);
        },
        num_threads, 16);
    for (int i = 0; i < 7; ++i) {
      EXPECT_EQ(values.take(), i);
    }
    EXPECT_THROW(values.take(), std::runtime_error);
    EXPECT_THROW(values.take(), std::runtime_error);
  }
}

TEST(Prefetch, EndsWhileThreadsAreWaitingOrBusy) {
  for (int i = 0; i < 20; ++i) {
    Prefetch<int> values([](std::int64_t n) { return static_cast<int>(n); }, 4, 2);
    if (i % 2 == 0) {
      values.take();
    }
  }
}

/// The threads that are there wait for a value to be taken, or for the end.
TEST(Prefetch, EndsWhereTheSystemGivesFewThreads) {
  if (kSanitized) {
    GTEST_SKIP() << "maps what it wants";
  }
  const auto make = [] {
    testing::limit_address_space(40);
    try {
      const Prefetch<int> values([](std::int64_t n) { return static_cast<int>(n); }, 64, 2);
      std::_Exit(1);
    } catch (const std::system_error&) {
      std::_Exit(0);
    }
  };
  EXPECT_EXIT(make(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace automodel::data
