#include "tensor/allocator.h"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "base/file.h"
#include "tensor/dtype.h"
#include "tests/tensor/expect_error.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

class AllocatorTest : public ::testing::Test {
 protected:
  AllocatorTest() { install_arena_allocator(); }
};

TEST_F(AllocatorTest, ServesTensorsOfEverySize) {
  for (const std::int64_t size : {0, 1, 1000, 100'000, 10'000'000}) {
    const Tensor ones = at::ones({size}, at::kByte);
    EXPECT_EQ(ones.sum().item<std::int64_t>(), size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(ones.data_ptr()) % 64, 0U);
    EXPECT_TRUE(at::equal(ones.clone(), ones));
  }
}

TEST_F(AllocatorTest, CountsLiveAndPeakBytes) {
  const std::size_t before = allocator_stats().live_bytes;
  reset_allocator_peak();
  {
    const Tensor large = at::empty({1'000'000});
    EXPECT_GE(allocator_stats().live_bytes, before + 4'000'000);
    EXPECT_GE(allocator_stats().reserved_bytes, 4'000'000U);
  }
  EXPECT_EQ(allocator_stats().live_bytes, before);
  EXPECT_GE(allocator_stats().peak_live_bytes, before + 4'000'000);
}

TEST_F(AllocatorTest, InstallingAgainChangesNothing) {
  const Tensor kept = at::ones({1'000'000});
  install_arena_allocator();
  EXPECT_EQ(kept.sum().item<float>(), 1e6F);
  EXPECT_GE(allocator_stats().live_bytes, 4'000'000U);
}

TEST_F(AllocatorTest, TensorsMayDieOnOtherThreads) {
  const std::size_t before = allocator_stats().live_bytes;
  Tensor tensor = at::ones({1'000'000});
  std::thread([moved = std::move(tensor)]() mutable { moved.reset(); }).join();
  EXPECT_EQ(allocator_stats().live_bytes, before);
}

TEST_F(AllocatorTest, RawBlocksMayComeFromTheAllocatorBefore) {
  auto* allocator = c10::GetAllocator(c10::DeviceType::CPU);
  allocator->raw_deallocate(allocator->raw_allocate(100));
  allocator->raw_deallocate(allocator->raw_allocate(1'000'000));
  void* old = c10::GetDefaultCPUAllocator()->raw_allocate(1'000'000);
  allocator->raw_deallocate(old);
}

TEST_F(AllocatorTest, TooLargeATensorIsAnErrorThatSaysWhatToDo) {
  const Tensor live = at::ones({1'000'000});
  testing::expect_error(ErrorKind::out_of_memory, "a tensor of 4 TiB does not fit beside the ",
                        [] { at::empty({std::int64_t{1} << 42}, at::kByte); });
  testing::expect_error(ErrorKind::out_of_memory, " are free; reduce step_scheduler",
                        [] { at::empty({std::int64_t{1} << 42}, at::kByte); });
  EXPECT_EQ(live.sum().item<float>(), 1e6F);
}

/// A machine with so much memory free, in KiB, where a process holds so much beside files.
class PretendedMachine {
 public:
  PretendedMachine(const std::string& free, const std::string& held) {
    std::filesystem::create_directories(root_ / "proc/self");
    write_file_atomic(root_ / "proc/meminfo", "MemAvailable: " + free + " kB\n");
    hold(held);
  }
  void hold(const std::string& held) const {
    write_file_atomic(root_ / "proc/self/status", "RssAnon: " + held + " kB\n");
  }
  ArenaOptions arena(std::size_t usable_bytes) const {
    return tensor_arena_options(usable_bytes, root_.path());
  }

 private:
  testing::TemporaryFolder root_;
};

constexpr std::size_t kGib = std::size_t{1} << 30;

TEST(TensorArena, LeavesWhatOthersAndTheProcessHoldBesideTensors) {
  const PretendedMachine machine("65536", "300000");
  Arena arena(machine.arena(kGib));
  EXPECT_EQ(arena.allocate(std::size_t{100} << 20), nullptr);
  EXPECT_NE(arena.allocate(std::size_t{50} << 20), nullptr);
}

TEST(TensorArena, PagesThatAreNotWrittenYetAreNotFree) {
  const PretendedMachine machine("65536", "300000");
  Arena arena(machine.arena(kGib));
  EXPECT_NE(arena.allocate(std::size_t{40} << 20), nullptr);
  EXPECT_EQ(arena.allocate(std::size_t{40} << 20), nullptr);
  machine.hold("340960");  // 40 MiB more: the first block
  EXPECT_NE(arena.allocate(std::size_t{40} << 20), nullptr);
}

TEST(TensorArena, HasAddressesForMoreThanTheMemory) {
  const PretendedMachine machine("2000000000", "300000");
  Arena arena(machine.arena(1024 * kGib));
  EXPECT_NE(arena.allocate(300 * kGib), nullptr);
}

TEST_F(AllocatorTest, AForkedChildAllocates) {
  const pid_t child = ::fork();
  if (child == 0) {
    // Nothing that would use OpenMP: its threads do not exist here.
    const Tensor tensor = at::empty({100'000}, at::kByte);
    std::memset(tensor.data_ptr(), 1, 100'000);
    ::_exit(0);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace automodel
