#include "cli/doctor/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

/// A system of one's own to read from.
class Machine : public ::testing::Test {
 protected:
  Machine() : root_(fs::path(::testing::TempDir()) / "automodel_machine") {
    [[maybe_unused]] const auto error = remove_tree(root_);
  }
  ~Machine() override { [[maybe_unused]] const auto error = remove_tree(root_); }
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((root_ / file).parent_path());
    write_file_atomic(root_ / file, text);
  }
  fs::path root_;
};

TEST_F(Machine, CountsItsNumaNodes) {
  EXPECT_EQ(find_cores(root_).numa_nodes, 1);
  for (const char* name : {"node0", "node1", "node12", "online", "node_x"}) {
    fs::create_directories(root_ / "sys/devices/system/node" / name);
  }
  EXPECT_EQ(find_cores(root_).numa_nodes, 3);
}

TEST_F(Machine, ThreadsThatTheUserHasSet) {
  ::setenv("OMP_NUM_THREADS", "3", 1);
  EXPECT_EQ(find_cores(root_).omp_threads, 3);
  ::setenv("OMP_NUM_THREADS", "many", 1);
  EXPECT_EQ(find_cores(root_).omp_threads, std::nullopt);
  ::unsetenv("OMP_NUM_THREADS");
  EXPECT_GE(find_cores().online, find_cores().usable);
}

TEST_F(Machine, MemoryOfAContainer) {
  write("proc/meminfo", "MemTotal:    8000 kB\nMemFree:  10 kB\nMemAvailable:    6000 kB\n");
  write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  EXPECT_EQ(find_memory(root_).total_bytes, 8000U * 1024);
  EXPECT_EQ(find_memory(root_).available_bytes, 6000U * 1024);
  EXPECT_EQ(find_memory(root_).limit_bytes, std::nullopt);
  EXPECT_EQ(find_memory(root_).huge_pages, "madvise");
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", std::to_string(1024 * 1024));
  EXPECT_EQ(find_memory(root_).limit_bytes, 1024U * 1024);
  EXPECT_EQ(find_memory(root_).available_bytes, 1024U * 1024);
}

TEST_F(Machine, GpusByTheirDriver) {
  EXPECT_TRUE(find_gpus(root_).empty());
  write("proc/driver/nvidia/gpus/0000:01:00.0/information",
        "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 1\n");
  EXPECT_THAT(find_gpus(root_), ::testing::ElementsAre("NVIDIA H100 80GB HBM3"));
}

}  // namespace
}  // namespace automodel::cli
