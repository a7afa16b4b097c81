#include "base/free_memory.h"

#include <string>
#include <vector>

#include "tests/base/system_files.h"

namespace automodel {
namespace {

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;

class FreeMemoryTest : public SystemFiles {
 protected:
  FreeMemoryTest() : SystemFiles("automodel_memory") {}
};

TEST_F(FreeMemoryTest, OfAMachineIsWhatIsAvailableAndItsSwapSpace) {
  write("proc/meminfo", "MemFree: 10 kB\nMemAvailable:   1000 kB\nSwapFree:  24 kB\n");
  EXPECT_EQ(free_memory_bytes(root_), 1024U * 1024);
  write("proc/spl/kstat/zfs/arcstats", "c_min    4    200\nsize    4    1200\n");
  EXPECT_EQ(free_memory_bytes(root_), 1024U * 1024 + 1000);
}

TEST_F(FreeMemoryTest, OfAContainerIsWhatItsLimitLeaves) {
  write("proc/meminfo", "MemAvailable:   1000 kB\nSwapFree:  1 kB\n");
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "10000\n");
  write("sys/fs/cgroup/memory.current", "4000\n");
  EXPECT_EQ(free_memory_bytes(root_), 6000U + 1024);
}

TEST_F(FreeMemoryTest, WhatIsNotToldIsNoLimit) {
  EXPECT_EQ(free_memory_bytes(root_), UINT64_MAX);
  EXPECT_EQ(anonymous_memory_bytes(root_), std::nullopt);
}

TEST_F(FreeMemoryTest, AnonymousMemoryMayBeSwappedOut) {
  write("proc/self/status", "Name:\tx\nVmRSS:\t 900 kB\nRssAnon:\t 100 kB\nVmSwap:\t 20 kB\n");
  EXPECT_EQ(anonymous_memory_bytes(root_), 120U * 1024);
}

TEST_F(FreeMemoryTest, AnonymousMemoryGrowsWithWhatIsWritten) {
  const auto before = anonymous_memory_bytes();
  const std::vector<char> much(64 * kMib, 'x');
  if (before) {
    EXPECT_GE(anonymous_memory_bytes().value_or(0), *before + 60 * kMib);
  }
  EXPECT_GT(free_memory_bytes(), 0U);
}

}  // namespace
}  // namespace automodel
