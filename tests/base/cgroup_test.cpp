#include "base/cgroup.h"

#include <string>

#include "tests/base/system_files.h"

namespace automodel {
namespace {

class CgroupTest : public SystemFiles {
 protected:
  CgroupTest() : SystemFiles("automodel_cgroup") {}

  CgroupLimits limits() const { return read_cgroup_limits(root_); }
  std::optional<std::uint64_t> free_memory(std::uint64_t free_swap = 0) const {
    return read_cgroup_free_memory(free_swap, root_);
  }
};

TEST_F(CgroupTest, NothingToReadIsNoLimit) { EXPECT_EQ(limits(), CgroupLimits{}); }

TEST_F(CgroupTest, Version2TakesTheStrictestOfTheGroupAndItsParents) {
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/b/cpu.max", "300000 100000\n");
  write("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/a/b/memory.max", "max\n");
  write("sys/fs/cgroup/a/memory.max", "1073741824\n");
  EXPECT_EQ(limits(), (CgroupLimits{.cpus = 1.5, .memory_bytes = 1U << 30}));
}

TEST_F(CgroupTest, Version1) {
  write("proc/self/cgroup", "4:memory:/x\n2:cpu,cpuacct:/x\n1:name=systemd:/\n");
  write("sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "200000\n");
  write("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  write("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9223372036854771712\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n");
  EXPECT_EQ(limits(), (CgroupLimits{.cpus = 2, .memory_bytes = 1ULL << 31}));
}

TEST_F(CgroupTest, AContainerSeesItsOwnGroupAsTheMount) {
  write("proc/self/cgroup", "0::/../../docker/abc\n");
  write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(limits().cpus, 0.5);
  write("proc/self/cgroup", "0::/docker/abc\n");
  EXPECT_EQ(limits().cpus, 0.5);
}

TEST_F(CgroupTest, DamagedFilesSetNoLimit) {
  write("proc/self/cgroup", "0::/a\nrubbish\n");
  write("sys/fs/cgroup/a/cpu.max", "x y\n");
  write("sys/fs/cgroup/a/memory.max", "");
  EXPECT_EQ(limits(), CgroupLimits{});
  EXPECT_EQ(free_memory(), std::nullopt);
}

TEST_F(CgroupTest, Version2FreeMemoryIsWhatTheTightestGroupAllows) {
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/b/memory.max", "max\n");
  EXPECT_EQ(free_memory(), std::nullopt);
  write("sys/fs/cgroup/a/memory.max", "1000\n");
  write("sys/fs/cgroup/a/memory.current", "700\n");
  EXPECT_EQ(free_memory(), 300U);
  write("sys/fs/cgroup/a/b/memory.max", "500\n");
  write("sys/fs/cgroup/a/b/memory.current", "600\n");
  EXPECT_EQ(free_memory(), 0U);
}

TEST_F(CgroupTest, Version2CachedFilesAndSwapAreFree) {
  write("proc/self/cgroup", "0::/a\n");
  write("sys/fs/cgroup/a/memory.max", "1000\n");
  write("sys/fs/cgroup/a/memory.current", "900\n");
  write("sys/fs/cgroup/a/memory.stat",
        "anon 500\nshmem 90\ninactive_file 200\nactive_file 80\nslab_reclaimable 30\n");
  EXPECT_EQ(free_memory(), 410U);
  EXPECT_EQ(free_memory(7), 417U);
  write("sys/fs/cgroup/a/memory.swap.max", "50\n");
  write("sys/fs/cgroup/a/memory.swap.current", "45\n");
  EXPECT_EQ(free_memory(7), 415U);
  write("sys/fs/cgroup/a/memory.swap.max", "0\n");
  EXPECT_EQ(free_memory(7), 410U);
}

TEST_F(CgroupTest, Version1FreeMemory) {
  write("proc/self/cgroup", "4:memory:/x\n");
  write("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1000\n");
  write("sys/fs/cgroup/memory/x/memory.usage_in_bytes", "900\n");
  write("sys/fs/cgroup/memory/x/memory.stat",
        "inactive_file 1\ntotal_inactive_file 200\ntotal_active_file 80\n");
  EXPECT_EQ(free_memory(7), 387U);
  write("sys/fs/cgroup/memory/x/memory.memsw.limit_in_bytes", "1000\n");
  write("sys/fs/cgroup/memory/x/memory.memsw.usage_in_bytes", "904\n");
  EXPECT_EQ(free_memory(7), 376U);
}

}  // namespace
}  // namespace automodel
