#include "text/unicode.h"

#include <gtest/gtest.h>

namespace automodel::text {
namespace {

TEST(Unicode, CharactersGoThereAndBack) {
  for (const char32_t c :
       {U'a', U'\x7F', U'\x80', U'\u07FF', U'\u0800', U'\uFFFF', U'\U00010000', U'\U0010FFFF'}) {
    const std::string bytes = to_utf8(c);
    EXPECT_EQ(decode_at(bytes, 0).value, c);
    EXPECT_EQ(decode_at(bytes, 0).size, bytes.size());
    EXPECT_EQ(to_utf32(bytes), std::u32string(1, c));
  }
  EXPECT_EQ(count_characters("aé中😀"), 4U);
  EXPECT_EQ(previous_start("a中", 4), 1U);
}

TEST(Unicode, KnowsCharacterClasses) {
  EXPECT_TRUE(is_white_space(U'\u3000') && is_white_space(U'\x85') && !is_white_space(U'\u200B'));
  EXPECT_TRUE(is_punctuation(U'$') && is_punctuation(U'。') && !is_punctuation(U'€') &&
              !is_punctuation(U'a'));
  EXPECT_TRUE(is_numeric(U'½') && is_numeric(U'Ⅷ') && is_numeric(U'٣') && !is_numeric(U'a'));
  EXPECT_TRUE(is_mark(U'\u0301') && is_nonspacing_mark(U'\u0301') && is_mark(U'\u0903') &&
              !is_nonspacing_mark(U'\u0903'));
  EXPECT_TRUE(is_control_or_format(U'\x01') && is_control_or_format(U'\u200D') &&
              !is_control_or_format(U' '));
  EXPECT_TRUE(is_word(U'_') && is_word(U'Ⓐ') && is_word(U'\u200D') && !is_word(U'²') &&
              !is_word(U'-'));
  EXPECT_TRUE(is_mark(U'\U00010EFD'));  // Unicode 15
}

TEST(Unicode, LowersCase) {
  EXPECT_EQ(lower_case(U'Ä'), U"ä");
  EXPECT_EQ(lower_case(U'İ'), U"i\u0307");
  EXPECT_EQ(lower_case(U'ẞ'), U"ß");
  EXPECT_EQ(lower_case(U'\U00010D51'), U"\U00010D71");  // Unicode 16
  EXPECT_EQ(lower_case(U'中'), U"中");
}

}  // namespace
}  // namespace automodel::text
