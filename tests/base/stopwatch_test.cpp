#include "base/stopwatch.h"

#include <gtest/gtest.h>

#include <thread>

namespace automodel {
namespace {

TEST(Stopwatch, LapsStartAnew) {
  Stopwatch watch;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_GE(watch.seconds(), 0.02);
  const double lap = watch.lap();
  EXPECT_GE(lap, 0.02);
  EXPECT_LT(watch.seconds(), lap);
}

}  // namespace
}  // namespace automodel
