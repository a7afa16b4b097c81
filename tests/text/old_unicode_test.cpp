#include "text/old_unicode.h"

#include <gtest/gtest.h>

namespace automodel::text {
namespace {

TEST(OldUnicode, LacksWhatCameLater) {
  EXPECT_TRUE(old_unicode::is_mark(U'\u0301') && !old_unicode::is_mark(U'\u08CA'));
  EXPECT_TRUE(old_unicode::is_nonspacing_mark(U'\u0301') &&
              !old_unicode::is_nonspacing_mark(U'\U0001E944'));
  EXPECT_TRUE(old_unicode::is_punctuation(U'!') && !old_unicode::is_punctuation(U'\u2E43'));
  EXPECT_TRUE(old_unicode::is_control_or_format(U'\u00AD') &&
              !old_unicode::is_control_or_format(U'\u08E2'));
  EXPECT_TRUE(old_unicode::has_decomposition(U'é') && !old_unicode::has_decomposition(U'\u32FF'));
  EXPECT_TRUE(old_unicode::has_combining_class(U'\u0301') &&
              !old_unicode::has_combining_class(U'\u08CA'));
}

TEST(OldUnicode, KeepsWhatHasChangedSince) {
  EXPECT_TRUE(old_unicode::is_mark(U'\u1CF2'));
  EXPECT_TRUE(old_unicode::is_nonspacing_mark(U'\u1734'));
  EXPECT_TRUE(old_unicode::is_punctuation(U'\u166D'));
}

}  // namespace
}  // namespace automodel::text
