#include "text/jinja/unicode.h"

#include <gtest/gtest.h>

namespace automodel::text::jinja {
namespace {

TEST(Unicode, CodePointsOfText) {
  const std::string text = "aé日🙂";
  EXPECT_EQ(count_characters(text), 4U);
  EXPECT_EQ(byte_of(text, 2), 3U);
  EXPECT_EQ(byte_of(text, 9), text.size());
  EXPECT_EQ(decode(text, 3).value, U'日');
  EXPECT_EQ(decode_before(text, text.size()).value, U'🙂');
  EXPECT_EQ(decode_before(text, 3).bytes, 2U);
  EXPECT_EQ(from_code_points(to_code_points(text)), text);
  EXPECT_EQ(to_utf8(U'é'), "é");
}

TEST(Unicode, StrayBytesStandForThemselves) {
  EXPECT_EQ(decode("\xff", 0).value, 0xffU);
  EXPECT_EQ(decode("\xc3", 0).bytes, 1U);
  EXPECT_EQ(decode_before("a\x80", 2).bytes, 1U);
}

TEST(Unicode, Classes) {
  EXPECT_TRUE(is_space(0x3000) && is_space(0x1c) && !is_space(0x200b));
  EXPECT_TRUE(is_line_break(0x2028) && !is_line_break(' '));
  EXPECT_TRUE(is_printable(U'é') && !is_printable(0xa0) && !is_printable(0x200b));
  EXPECT_TRUE(is_digit(0xb2) && !is_decimal(0xb2) && is_numeric(0xbd) && !is_digit(0xbd));
  EXPECT_TRUE(is_word('_') && is_word(U'日') && !is_word('-'));
}

}  // namespace
}  // namespace automodel::text::jinja
