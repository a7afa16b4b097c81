#include "text/base64.h"

#include <gtest/gtest.h>

namespace automodel::text {
namespace {

TEST(Base64, BothWays) {
  for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"\xff\xfe+", "//4r"}}) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes);
  }
  EXPECT_EQ(decode_base64("Zg"), "f");  // padding may be missing
}

TEST(Base64, WhatIsMalformedIsNothing) {
  for (const char* text : {"Z", "Zg=", "Z===", "Zg==Zg==", "Z g=", "Zm9v\n", "Zm8-"}) {
    const bool may_lack_padding = std::string_view(text) == "Zg=";
    EXPECT_EQ(decode_base64(text).has_value(), may_lack_padding) << text;
  }
}

TEST(Base64, EveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
  }
  EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
}

}  // namespace
}  // namespace automodel::text
