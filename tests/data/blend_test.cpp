#include "data/blend.h"

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

TEST(Blend, EveryBeginningHasTheShares) {
  const std::vector<double> weights = {3, 1};
  const auto entries = blend_by_weight(weights, 100);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    first += entries[i].part == 0 ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(first), 0.75 * static_cast<double>(i + 1), 1.0) << i;
    EXPECT_EQ(entries[i].row,
              entries[i].part == 0 ? first - 1 : static_cast<std::int64_t>(i) - first);
  }
  EXPECT_EQ(first, 75);
}

TEST(Blend, AllRowsOnceEvenlyMixed) {
  const std::vector<std::int64_t> sizes = {4, 2};
  EXPECT_EQ(blend_all(sizes),
            (std::vector<BlendEntry>{{0, 0}, {1, 0}, {0, 1}, {0, 2}, {1, 1}, {0, 3}}));
}

TEST(Blend, GoesOnUntilAllHaveGivenAll) {
  const std::vector<double> weights = {4, 1, 1, 1, 1};
  const std::vector<std::int64_t> sizes = {7, 1, 1, 1, 1};  // 14 deals would give 6 of the first
  const auto entries = blend_by_weight(weights, 14, sizes);
  EXPECT_EQ(entries.back(), (BlendEntry{0, 6}));
  EXPECT_EQ(entries, blend_by_weight(weights, static_cast<std::int64_t>(entries.size())));
  EXPECT_LE(entries.size(), 16U);
}

TEST(Blend, IsADataSet) {
  const auto three = std::make_shared<const NumberRows>(3);
  const auto two = std::make_shared<const NumberRows>(2);
  const auto blend = make_blend({three, two}, {{0, 2}, {1, 0}, {0, 0}});
  EXPECT_EQ(blend->size(), 3);
  EXPECT_EQ(blend->sample(0), three->sample(2));
  EXPECT_EQ(blend->location(1), "numbers:1");
  EXPECT_NE(blend->content_hash(), make_blend({three, two}, {{0, 0}, {1, 0}})->content_hash());
}

TEST(Blend, CountsWhatItsPartsLeftOut) {
  const std::shared_ptr<const Dataset> one = select_rows(std::make_shared<NumberRows>(3), {1});
  EXPECT_EQ(make_blend({one, one}, {{0, 0}})->num_left_out(), 4);
}

TEST(Blend, WhatCannotBeBlended) {
  const std::vector<double> weights = {1, 0};
  EXPECT_EQ(error_of([&] { blend_by_weight(weights, 3); }),
            "the weights of a blend must be positive, found 0");
  const auto rows = std::make_shared<const NumberRows>(3);
  EXPECT_EQ(error_of([&] { make_blend({rows}, {{0, 3}}); }),
            "the blend asks for row 3 of a data set of 3 rows");
  EXPECT_THAT(error_of([&] { make_blend({rows}, {{1, 0}}); }), HasSubstr("has no part 1"));
}

}  // namespace
}  // namespace automodel::data
