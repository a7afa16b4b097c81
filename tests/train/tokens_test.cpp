#include "train/tokens.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace automodel::train {
namespace {

TEST(ToTokens, CopiesEveryField) {
  const data::Batch batch{.ids = {5, 6, 7},
                          .labels = {6, data::kIgnoreLabel, 8},
                          .positions = {0, 1, 0},
                          .cu_seqlens = {0, 2, 3},
                          .samples = {4, 9}};
  const auto tokens = to_tokens(batch);
  EXPECT_TRUE(at::equal(tokens.ids_t, at::tensor({5, 6, 7}, at::kLong)));
  EXPECT_TRUE(at::equal(tokens.labels_t, at::tensor({6, -100, 8}, at::kLong)));
  EXPECT_TRUE(at::equal(tokens.positions_t, at::tensor({0, 1, 0}, at::kLong)));
  EXPECT_EQ(tokens.cu_seqlens, batch.cu_seqlens);
  EXPECT_TRUE(tokens.rope_lengths.empty());
}

TEST(RowLimits, AreThoseOfTheTables) {
  spec::ModelSpec spec{.vocab_size = 16, .max_positions = 8};
  EXPECT_EQ(row_limits(spec).vocab_size, 16);
  EXPECT_EQ(row_limits(spec).max_tokens, 0) << "positions are computed";
  spec.positions = {.count = 12, .offset = 2};
  EXPECT_EQ(row_limits(spec).max_tokens, 10);
}

}  // namespace
}  // namespace automodel::train
