#include "text/recent_characters.h"

#include <gtest/gtest.h>

namespace automodel::text {
namespace {

TEST(RecentCharacters, AscendWithoutOverlap) {
  char32_t end = 0;
  for (const RecentCharacters& row : recent_characters()) {
    EXPECT_GE(row.first, end);
    EXPECT_GE(row.last, row.first);
    EXPECT_EQ(row.category.size(), 2U);
    end = row.last + 1;
  }
}

TEST(RecentCharacters, AreFound) {
  EXPECT_EQ(recent_category(U'\U0001FAE8'), "So");  // shaking face, Unicode 15
  EXPECT_EQ(recent_category(U'\U00010D50'), "Lu");  // Garay, Unicode 16
  EXPECT_EQ(recent_category(U'a'), "");
  EXPECT_EQ(recent_category(U'\U0010FFFF'), "");
}

}  // namespace
}  // namespace automodel::text
