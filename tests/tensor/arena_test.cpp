#include "tensor/arena.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "base/random.h"
#include "tests/base/sanitized.h"
#include "tests/tensor/allocation_trace.h"
#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

using testing::AllocationEvent;
using testing::replay;

constexpr std::size_t kPage = kArenaPageBytes;
/// Of a block that fills so many pages.
constexpr std::size_t whole(std::size_t pages) { return pages * kPage - kArenaStagger; }
constexpr std::size_t kMinBytes = std::size_t{1} << 16;

TEST(Arena, GivesAlignedMemoryThatCanBeWritten) {
  Arena arena({});
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{65}, 3 * kPage + 1}) {
    void* block = arena.allocate(bytes);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % kArenaAlignment, 0U);
    EXPECT_TRUE(arena.owns(block));
    std::memset(block, 1, bytes);
  }
  int other = 0;
  EXPECT_FALSE(arena.owns(&other));
  EXPECT_FALSE(arena.owns(nullptr));
}

TEST(Arena, ReusesWhatWasFreed) {
  Arena arena({});
  void* first = arena.allocate(whole(5));
  arena.free(first);
  EXPECT_EQ(arena.allocate(whole(5)), first);
  EXPECT_EQ(arena.stats().reserved_bytes, 5 * kPage);
}

TEST(Arena, LargeBlocksOfOneSizeDoNotLieAtPowersOfTwo) {
  constexpr auto kDistance = static_cast<std::ptrdiff_t>(kPage);
  Arena arena({});
  std::vector<const std::byte*> blocks;
  for (int i = 0; i < 8; ++i) {
    blocks.push_back(static_cast<const std::byte*>(arena.allocate(4 * kPage)));
    for (int before = 0; before < i; ++before) {
      EXPECT_GE((blocks.back() - blocks[static_cast<std::size_t>(before)]) % kDistance, 4096);
    }
  }
}

TEST(Arena, CountsLiveReservedAndPeaks) {
  Arena arena({});
  void* block = arena.allocate(whole(3));
  arena.allocate(100);
  arena.free(block);
  EXPECT_EQ(arena.stats().live_bytes, 128U);
  EXPECT_EQ(arena.stats().peak_live_bytes, 3 * kPage + 128);
  EXPECT_EQ(arena.stats().reserved_bytes, 4 * kPage);
  arena.reset_peak();
  EXPECT_EQ(arena.stats().peak_live_bytes, 128U);
  EXPECT_EQ(arena.stats().peak_reserved_bytes, 4 * kPage);
}

TEST(Arena, NeverTakesMoreThanItsLimit) {
  Arena arena({.limit_bytes = 4 * kPage});
  void* block = arena.allocate(whole(3));
  EXPECT_EQ(arena.allocate(whole(2)), nullptr);
  arena.free(block);
  EXPECT_NE(arena.allocate(whole(4)), nullptr);
  EXPECT_EQ(arena.allocate(SIZE_MAX), nullptr);
}

TEST(Arena, GivesFreePagesBackBeforeItExceedsItsLimit) {
  Arena arena({.limit_bytes = 8 * kPage, .idle_share = 10});
  void* hole = arena.allocate(whole(3));
  arena.allocate(kPage / 2);
  arena.free(hole);
  EXPECT_NE(arena.allocate(whole(5)), nullptr);
  EXPECT_LE(arena.stats().reserved_bytes, 8 * kPage);
}

TEST(Arena, TakesNoMoreThanTheLimitOfTheMoment) {
  std::size_t limit = 4 * kPage;
  Arena arena({.limit_now = [&](std::size_t) { return limit; }});
  void* block = arena.allocate(whole(3));
  EXPECT_EQ(arena.allocate(whole(2)), nullptr);
  limit = 6 * kPage;
  EXPECT_NE(arena.allocate(whole(2)), nullptr);
  limit = 4 * kPage;  // less than is held
  EXPECT_EQ(arena.allocate(whole(2)), nullptr);
  arena.free(block);
  EXPECT_EQ(arena.allocate(whole(3)), block) << "what it has can be used";
}

TEST(Arena, TellsTheLimitOfTheMomentWhatItHas) {
  std::vector<std::size_t> told;
  Arena arena({.limit_now = [&](std::size_t taken) {
    told.push_back(taken);
    return taken;
  }});
  EXPECT_EQ(arena.allocate(1), nullptr);
  EXPECT_EQ(told, std::vector<std::size_t>{0});
}

TEST(Arena, AsksForTheLimitOfTheMomentMoreOftenNearIt) {
  int asked = 0;
  Arena arena({.limit_now = [&asked](std::size_t) {
    ++asked;
    return 1000 * kPage;
  }});
  while (arena.allocate(whole(1)) != nullptr) {
  }
  EXPECT_EQ(arena.stats().reserved_bytes, 1000 * kPage);
  EXPECT_LE(asked, 15);
}

TEST(Arena, EndsWithItsAddressSpace) {
  Arena arena({.address_bytes = std::size_t{1} << 26});
  EXPECT_EQ(arena.allocate((std::size_t{1} << 26) + 1), nullptr);
  EXPECT_NE(arena.allocate(std::size_t{1} << 24), nullptr);
}

TEST(Arena, FreeingWhatWasNotHandedOutIsABug) {
  Arena arena({});
  auto* block = static_cast<char*>(arena.allocate(1000));
  testing::expect_error(ErrorKind::internal, "was not handed out", [&] { arena.free(block + 64); });
}

/// Sizes far apart, freed at random: the case that best fit handles worst.
TEST(Arena, FragmentationCostsLittleMemory) {
  Arena arena({.limit_bytes = SIZE_MAX, .idle_share = 0.05});
  RandomStream random(3, StreamPurpose::mock);
  std::vector<void*> live;
  for (int i = 0; i < 20'000; ++i) {
    if (live.size() > 60) {
      const auto victim = static_cast<std::ptrdiff_t>(random.below(live.size()));
      arena.free(live[static_cast<std::size_t>(victim)]);
      live.erase(live.begin() + victim);
    }
    live.push_back(arena.allocate(kMinBytes << random.below(9)));
  }
  const ArenaStats stats = arena.stats();
  EXPECT_LE(static_cast<double>(stats.peak_reserved_bytes),
            1.10 * static_cast<double>(stats.peak_live_bytes));
}

TEST(Arena, ServesThreads) {
  Arena arena({});
  std::vector<std::thread> threads;
  for (std::uint64_t id = 0; id < 4; ++id) {
    threads.emplace_back([&arena, id] {
      RandomStream random(id, StreamPurpose::mock);
      for (int i = 0; i < 2000; ++i) {
        const std::size_t bytes = 1 + random.below(100'000);
        auto* block = static_cast<char*>(arena.allocate(bytes));
        block[0] = block[bytes - 1] = static_cast<char>(id);
        EXPECT_EQ(block[0], static_cast<char>(id));
        arena.free(block);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(arena.stats().live_bytes, 0U);
}

class RecordedTraining : public ::testing::TestWithParam<const char*> {
 protected:
  std::vector<AllocationEvent> trace_ =
      testing::read_trace(std::string(AM_SOURCE_DIR "/tests/tensor/traces/") + GetParam());
};

TEST_P(RecordedTraining, ReservesLittleMoreThanIsLive) {
  Arena arena({});
  replay(
      trace_, kMinBytes, [&](std::size_t bytes) { return arena.allocate(bytes); },
      [&](void* block, std::size_t) { arena.free(block); });
  const ArenaStats stats = arena.stats();
  EXPECT_EQ(stats.live_bytes, 0U);
  EXPECT_GT(stats.peak_live_bytes, std::size_t{100} << 20);
  EXPECT_LE(static_cast<double>(stats.peak_reserved_bytes),
            1.08 * static_cast<double>(stats.peak_live_bytes));
}

/// The most memory that was ever resident, in bytes.
std::size_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      return std::stoull(line.substr(6)) * 1024;
    }
  }
  return 0;
}

/// By how much `work` raises the peak of a process of its own.
template <typename Work>
std::size_t peak_of(const Work& work) {
  int pipe[2] = {};
  EXPECT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::size_t before = peak_resident_bytes();
    work();
    const std::size_t used = peak_resident_bytes() - before;
    ::_exit(::write(pipe[1], &used, sizeof(used)) == sizeof(used) ? 0 : 1);
  }
  std::size_t used = 0;
  EXPECT_EQ(::read(pipe[0], &used, sizeof(used)), static_cast<ssize_t>(sizeof(used)));
  ::waitpid(child, nullptr, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  return used;
}

TEST_P(RecordedTraining, NeedsNoMoreResidentMemoryThanMalloc) {
  if (kSanitized) {
    GTEST_SKIP() << "a sanitizer's malloc keeps freed blocks";
  }
  const std::size_t with_malloc = peak_of([this] {
    replay(
        trace_, kMinBytes,
        [](std::size_t bytes) { return std::memset(std::malloc(bytes), 1, bytes); },
        [](void* block, std::size_t) { std::free(block); });
  });
  const std::size_t with_arena = peak_of([this] {
    Arena arena({});
    replay(
        trace_, kMinBytes,
        [&](std::size_t bytes) { return std::memset(arena.allocate(bytes), 1, bytes); },
        [&](void* block, std::size_t) { arena.free(block); });
  });
  EXPECT_LE(static_cast<double>(with_arena), 1.02 * static_cast<double>(with_malloc));
}

INSTANTIATE_TEST_SUITE_P(Arena, RecordedTraining,
                         ::testing::Values("full_finetune.txt", "lora.txt"), [](const auto& trace) {
                           const std::string name = trace.param;
                           return name.substr(0, name.find('.'));
                         });

}  // namespace
}  // namespace automodel
