#include "watch/message.h"

#include <gtest/gtest.h>

namespace automodel::watch {
namespace {

using namespace std::string_literals;

// Values of protobuf.dev's page on the encoding.
TEST(Message, Integers) {
  EXPECT_EQ(Message().integer(1, 150).bytes(), "\x08\x96\x01"s);
  EXPECT_EQ(Message().integer(1, 0).bytes(), "\x08\x00"s);
  EXPECT_EQ(Message().integer(1, -1).bytes().size(), 11U);
  EXPECT_EQ(Message().integer(16, 1).bytes(), "\x80\x01\x01"s);
}

TEST(Message, TextsAndMessages) {
  EXPECT_EQ(Message().text(2, "testing").bytes(), "\x12\x07testing"s);
  EXPECT_EQ(Message().message(3, Message().integer(1, 150)).bytes(), "\x1a\x03\x08\x96\x01"s);
}

TEST(Message, FloatingPoint) {
  EXPECT_EQ(Message().single(1, 1.0F).bytes(), "\x0d\x00\x00\x80\x3f"s);
  EXPECT_EQ(Message().number(1, 1.0).bytes(), "\x09\x00\x00\x00\x00\x00\x00\xf0\x3f"s);
}

TEST(LittleEndian, LowestFirst) { EXPECT_EQ(little_endian(0x0102, 3), "\x02\x01\x00"s); }

}  // namespace
}  // namespace automodel::watch
