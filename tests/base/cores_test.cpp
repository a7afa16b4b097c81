#include "base/cores.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <string>

namespace automodel {
namespace {

TEST(UsableCores, KeepsToTheAffinityMask) {
  EXPECT_GE(usable_cores(), 1);
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(before), &before), 0);
  EXPECT_LE(usable_cores(), CPU_COUNT(&before));
  int first = 0;
  while (!CPU_ISSET(first, &before)) {
    ++first;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(usable_cores(), 1);
  ::sched_setaffinity(0, sizeof(before), &before);
}

TEST(UsualThreads, AreThoseOfTheVariableOrAllCores) {
  const char* before = std::getenv("OMP_NUM_THREADS");
  const std::string saved = before == nullptr ? "" : before;
  ::setenv("OMP_NUM_THREADS", "3", 1);
  EXPECT_EQ(usual_threads(), 3);
  ::setenv("OMP_NUM_THREADS", "none", 1);
  EXPECT_EQ(usual_threads(), usable_cores());
  before == nullptr ? ::unsetenv("OMP_NUM_THREADS") : ::setenv("OMP_NUM_THREADS", saved.c_str(), 1);
}

TEST(UsableMemory, IsThatOfAComputer) {
  EXPECT_GT(usable_memory_bytes(), std::uint64_t{1} << 24);
  EXPECT_LT(usable_memory_bytes(), std::uint64_t{1} << 50);
}

}  // namespace
}  // namespace automodel
