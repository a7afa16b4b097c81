#include "base/attention_segments.h"

#include <gtest/gtest.h>

namespace automodel {
namespace {

TEST(AttentionSegments, MakeTasksWhereHeadsAreFew) {
  EXPECT_EQ(attention_segment_keys(8192, 1), 3 * 256);  // 32 blocks in 12 parts, rounded up
  EXPECT_EQ(attention_segment_keys(8192, 4), 11 * 256);
  EXPECT_EQ(attention_segment_keys(8192, 12), 8192);
  EXPECT_EQ(attention_segment_keys(8192, 500), 8192);
}

TEST(AttentionSegments, AreWholeBlocks) {
  EXPECT_EQ(attention_segment_keys(0, 1), 256);
  EXPECT_EQ(attention_segment_keys(257, 1), 256);
  EXPECT_EQ(attention_segment_keys(600, 8), 512);
}

}  // namespace
}  // namespace automodel
