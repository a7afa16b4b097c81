#include "tensor/best_fit_heap.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

using Range = BestFitHeap::Range;

TEST(BestFitHeap, RoundsUpAndGrows) {
  BestFitHeap heap(1000, 8, 8);
  EXPECT_EQ(heap.allocate(3), (Range{0, 8}));
  EXPECT_EQ(heap.allocate(16), (Range{8, 16}));
  EXPECT_EQ(heap.top(), 24U);
  EXPECT_EQ(heap.live_bytes(), 24U);
}

TEST(BestFitHeap, TakesTheSmallestThatFitsThenTheLowest) {
  BestFitHeap heap(1000, 8, 8);
  for (const std::size_t size : {64, 8, 32, 8, 32, 8}) {
    heap.allocate(size);
  }
  heap.free(0);
  heap.free(112);
  heap.free(72);
  EXPECT_EQ(heap.allocate(24), (Range{72, 24}));
  EXPECT_EQ(heap.allocate(32), (Range{112, 32}));
  EXPECT_EQ(heap.allocate(40), (Range{0, 40}));
}

TEST(BestFitHeap, MergesWithBothNeighbours) {
  BestFitHeap heap(1000, 8, 8);
  for (int i = 0; i < 4; ++i) {
    heap.allocate(16);
  }
  heap.free(0);
  heap.free(32);
  EXPECT_EQ(heap.free_ranges().size(), 2U);
  EXPECT_EQ(heap.free(16), (Range{16, 16}));
  ASSERT_EQ(heap.free_ranges().size(), 1U);
  EXPECT_EQ(*heap.free_ranges().begin(), (std::pair<std::size_t, std::size_t>{48, 0}));
}

TEST(BestFitHeap, GrowsFromAFreeRangeAtTheTop) {
  BestFitHeap heap(1000, 8, 8);
  heap.allocate(16);
  heap.allocate(16);
  heap.free(16);
  EXPECT_EQ(heap.allocate(40), (Range{16, 40}));
  EXPECT_EQ(heap.top(), 56U);
  EXPECT_TRUE(heap.free_ranges().empty());
}

TEST(BestFitHeap, KeepsRestsThatAreTooSmall) {
  BestFitHeap heap(1000, 8, 32);
  heap.allocate(64);
  heap.allocate(8);
  heap.free(0);
  EXPECT_EQ(heap.allocate(40), (Range{0, 64}));
}

TEST(BestFitHeap, SaysNoWhenFull) {
  BestFitHeap heap(64, 8, 8);
  EXPECT_FALSE(heap.allocate(72));
  EXPECT_FALSE(heap.allocate(SIZE_MAX));
  EXPECT_TRUE(heap.allocate(64));
  EXPECT_FALSE(heap.allocate(8));
  heap.free(0);
  EXPECT_TRUE(heap.allocate(8));
}

TEST(BestFitHeap, FreeingTwiceIsABug) {
  BestFitHeap heap(64, 8, 8);
  heap.allocate(8);
  heap.free(0);
  for (const std::size_t begin : {0, 4, 8}) {
    testing::expect_error(ErrorKind::internal, "was not handed out", [&] { heap.free(begin); });
  }
}

TEST(BestFitHeap, RandomUseNeverOverlapsAndEndsEmpty) {
  BestFitHeap heap(std::size_t{1} << 30, 64, 4096);
  RandomStream random(1, StreamPurpose::mock);
  std::vector<Range> live;
  std::size_t live_bytes = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (live.size() > 200 || (!live.empty() && random.below(2) == 0)) {
      const auto victim = static_cast<std::ptrdiff_t>(random.below(live.size()));
      live_bytes -= live[static_cast<std::size_t>(victim)].size;
      heap.free(live[static_cast<std::size_t>(victim)].begin);
      live.erase(live.begin() + victim);
      continue;
    }
    const Range range = heap.allocate(1 + random.below(100'000)).value();
    for (const Range& other : live) {
      ASSERT_TRUE(range.end() <= other.begin || other.end() <= range.begin);
    }
    live.push_back(range);
    live_bytes += range.size;
    ASSERT_EQ(heap.live_bytes(), live_bytes);
  }
  for (const Range& range : live) {
    heap.free(range.begin);
  }
  EXPECT_EQ(heap.live_bytes(), 0U);
  ASSERT_EQ(heap.free_ranges().size(), 1U);
  EXPECT_EQ(heap.free_ranges().begin()->first, heap.top());
}

}  // namespace
}  // namespace automodel
