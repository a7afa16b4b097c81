#include "base/utf8.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel {
namespace {

TEST(Utf8, InvalidBytesAreFound) {
  EXPECT_EQ(find_invalid_utf8("plain text that is long enough, aé中😀"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("12345678\x80"), 8U);
  EXPECT_EQ(find_invalid_utf8("a\xC0\x80"), 1U);         // overlong
  EXPECT_EQ(find_invalid_utf8("a\xED\xA0\x80"), 1U);     // surrogate
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);  // above U+10FFFF
  EXPECT_EQ(find_invalid_utf8("ab\xE4\xBD"), 2U);        // cut off
  EXPECT_EQ(find_invalid_utf8("\xE4\xBD\x41"), 0U);
}

TEST(Utf8, InvalidPartsBecomeOneReplacementEach) {
  EXPECT_EQ(replace_invalid_utf8("a\xE4\xBD"), "a\uFFFD");
  EXPECT_EQ(replace_invalid_utf8("\xE4\xBD\x41\xFF\xFE"), "\uFFFDA\uFFFD\uFFFD");
  EXPECT_EQ(replace_invalid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
}

TEST(Utf8, AByteOrderMarkIsNoText) {
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBF{}"), "{}");
  EXPECT_EQ(without_byte_order_mark("{}\xEF\xBB\xBF"), "{}\xEF\xBB\xBF");
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB"), "\xEF\xBB");
}

TEST(Utf8, OtherEncodingsOfAFileAreNamed) {
  using namespace std::string_literals;
  const auto complaint = [](const std::string& text) -> std::string {
    try {
      refuse_wide_encoding(text, "a.jsonl");
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  for (const auto& text : {"\xFF\xFE{\0"s, "\xFE\xFF\0{"s, "{\0\"\0"s, "\0{\0\""s}) {
    EXPECT_TRUE(complaint(text).starts_with("a.jsonl: the file is UTF-16; save it as UTF-8"));
  }
  EXPECT_TRUE(complaint("\xFF\xFE\0\0{\0\0\0"s).starts_with("a.jsonl: the file is UTF-32; "));
  for (const auto& text : {""s, "{"s, "\xEF\xBB\xBF{}"s, "ab\0c"s, "\0\0\0\0"s, "\xFF"s}) {
    EXPECT_EQ(complaint(text), "");
  }
}

}  // namespace
}  // namespace automodel
