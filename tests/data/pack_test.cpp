#include "data/pack.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "data/support.h"
#include "tests/base/sanitized.h"

namespace automodel::data {
namespace {

using Numbers = std::vector<std::int64_t>;

/// Lengths as chat data has them: log-normal, cut at `capacity`.
Numbers lengths_like_chat(std::int64_t count, std::int64_t capacity, std::uint64_t seed) {
  RandomStream random(seed, StreamPurpose::mock);
  Numbers lengths;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto length = static_cast<std::int64_t>(std::exp(5.5 + 0.9 * random.normal()));
    lengths.push_back(std::clamp<std::int64_t>(length, 1, capacity));
  }
  return lengths;
}

void expect_valid(const Packs& packs, const Numbers& lengths, std::int64_t capacity) {
  Numbers seen = packs.items;
  std::sort(seen.begin(), seen.end());
  Numbers all(lengths.size());
  std::iota(all.begin(), all.end(), 0);
  ASSERT_EQ(seen, all) << "each item once";
  std::int64_t first = -1;
  for (std::int64_t i = 0; i < packs.size(); ++i) {
    const auto pack = packs.pack(i);
    ASSERT_FALSE(pack.empty());
    ASSERT_TRUE(std::is_sorted(pack.begin(), pack.end()));
    ASSERT_GT(pack.front(), first) << "packs by their first item";
    first = pack.front();
    std::int64_t used = 0;
    for (const std::int64_t item : pack) {
      used += lengths[static_cast<std::size_t>(item)];
    }
    ASSERT_LE(used, capacity);
  }
}

TEST(Pack, InOrderIsNextFit) {
  const auto packs = pack_lengths(Numbers{5, 4, 2, 9, 1, 10}, 10, PackOrder::in_order);
  EXPECT_EQ(packs.items, (Numbers{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(packs.ends, (Numbers{2, 3, 5, 6}));
}

TEST(Pack, DecreasingTakesTheFirstPackWithRoom) {
  // 9, 6, 5, 4, 3, 2, 1 into tens: {9, 1}, {6, 4}, {5, 3, 2}.
  const Numbers lengths = {1, 5, 9, 4, 3, 6, 2};
  const auto packs = pack_lengths(lengths, 10, PackOrder::decreasing);
  EXPECT_EQ(packs.items, (Numbers{0, 2, 1, 4, 6, 3, 5}));
  EXPECT_EQ(packs.ends, (Numbers{2, 5, 7}));
  EXPECT_DOUBLE_EQ(pack_fill(lengths, packs, 10), 1.0);
}

TEST(Pack, EveryItemOnceAndNoPackTooFull) {
  for (const std::int64_t capacity : {1, 7, 64, 1000}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const auto lengths = lengths_like_chat(300, capacity, seed);
      for (const PackOrder order : {PackOrder::in_order, PackOrder::decreasing}) {
        expect_valid(pack_lengths(lengths, capacity, order), lengths, capacity);
      }
    }
  }
}

TEST(Pack, DecreasingFillsAtLeast99PerCent) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const auto lengths = lengths_like_chat(20000, 2048, seed);
    const auto fill = [&](PackOrder order) {
      return pack_fill(lengths, pack_lengths(lengths, 2048, order), 2048);
    };
    EXPECT_GE(fill(PackOrder::decreasing), 0.99);
    EXPECT_LT(fill(PackOrder::in_order), fill(PackOrder::decreasing));
  }
}

TEST(Pack, AMillionLengthsTakeLessThanASecond) {
  const auto lengths = lengths_like_chat(1000000, 4096, 1);
  const auto begin = std::clock();  // of this process: other programs do not count
  const auto packs = pack_lengths(lengths, 4096, PackOrder::decreasing);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_GE(pack_fill(lengths, packs, 4096), 0.99);
  EXPECT_LT(seconds, kSanitized ? 60.0 : 1.0);
  RecordProperty("seconds", std::to_string(seconds));
}

TEST(Pack, NothingAndTooLong) {
  EXPECT_EQ(pack_lengths(Numbers{}, 8, PackOrder::decreasing).size(), 0);
  EXPECT_DOUBLE_EQ(pack_fill(Numbers{}, {}, 8), 1.0);
  const Numbers too_long = {3, 9};
  EXPECT_EQ(error_of([&] { pack_lengths(too_long, 8, PackOrder::in_order); }),
            "a document of 9 tokens does not fit into a pack of 8");
  const Numbers empty = {0};
  EXPECT_NE(error_of([&] { pack_lengths(empty, 8, PackOrder::in_order); }), "no error");
}

}  // namespace
}  // namespace automodel::data
