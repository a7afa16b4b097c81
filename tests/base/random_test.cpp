#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace automodel {
namespace {

using Words = std::array<std::uint32_t, 4>;

// The known answers that the authors of Philox publish with their code (Random123, kat_vectors).
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, IsAFunctionOfItsKey) {
  const auto first = [](std::uint64_t seed, StreamPurpose purpose, std::uint64_t a,
                        std::uint64_t b) { return RandomStream(seed, purpose, a, b).next_u64(); };
  EXPECT_EQ(first(1, StreamPurpose::init, 2, 3), first(1, StreamPurpose::init, 2, 3));
  const std::set<std::uint64_t> all = {
      first(1, StreamPurpose::init, 2, 3), first(2, StreamPurpose::init, 2, 3),
      first(1, StreamPurpose::dropout, 2, 3), first(1, StreamPurpose::init, 3, 2),
      first(1, StreamPurpose::init, 2, 4)};
  EXPECT_EQ(all.size(), 5U);
}

TEST(RandomStream, UniformIsUniform) {
  RandomStream stream(7, StreamPurpose::sampling);
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const double x = stream.uniform();
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kCount, 0.5, 0.005);
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 0.005);
}

TEST(RandomStream, NormalHasMeanZeroAndVarianceOne) {
  RandomStream stream(7, StreamPurpose::init);
  double sum = 0;
  double squares = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const double x = stream.normal();
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.02);
  EXPECT_NEAR(squares / kCount, 1, 0.02);
}

TEST(RandomStream, BelowReachesEveryValueEvenly) {
  RandomStream stream(7, StreamPurpose::shuffle);
  std::array<int, 6> seen{};
  for (int i = 0; i < 60'000; ++i) {
    ++seen.at(stream.below(6));
  }
  for (const int count : seen) {
    EXPECT_NEAR(count, 10'000, 500);
  }
}

TEST(Permutation, HoldsEachIndexOnceAndFollowsTheStream) {
  const auto make = [](std::uint64_t epoch) {
    return permutation(1000, RandomStream(42, StreamPurpose::shuffle, epoch));
  };
  std::vector<std::int64_t> sorted = make(0);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> expected(1000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(sorted, expected);
  EXPECT_EQ(make(0), make(0));
  EXPECT_NE(make(0), make(1));
  EXPECT_TRUE(permutation(0, RandomStream(1, StreamPurpose::shuffle)).empty());
}

TEST(HashText, IsTheSameForEver) {
  EXPECT_EQ(hash_text(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(hash_text("a"), 0xaf63dc4c8601ec8cULL);  // FNV-1a's published test value
}

}  // namespace
}  // namespace automodel
