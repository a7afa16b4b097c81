#include "text/formats/protobuf.h"

#include <gtest/gtest.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

ProtobufField first(std::string_view message) {
  ProtobufReader reader(message, "m");
  ProtobufField field;
  EXPECT_TRUE(reader.next(field));
  EXPECT_FALSE(reader.next(field));
  reader = ProtobufReader(message, "m");
  reader.next(field);
  return field;
}

TEST(Protobuf, ReadsEveryWireType) {
  EXPECT_EQ(first("\x08\x96\x01").integer("m"), 150);
  EXPECT_EQ(first("\x08\x96\x01").number, 1U);
  EXPECT_EQ(first("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").integer("m"), -1);
  EXPECT_EQ(first("\x12\x02hi").text("m"), "hi");
  EXPECT_EQ(first(std::string_view("\x1d\x00\x00\x80\xbf", 5)).number32("m"), -1.0F);
  EXPECT_EQ(first(std::string_view("\x09\x01\0\0\0\0\0\0\0", 9)).value, 1U);
  EXPECT_TRUE(first("\x08\x01").boolean("m"));
}

std::string corrupt(std::string_view message) {
  return error_of(ErrorKind::corrupt_data, [&] {
    ProtobufReader reader(message, "m");
    ProtobufField field;
    while (reader.next(field)) {
      field.text("m");
    }
  });
}

TEST(Protobuf, NothingIsReadBeyondTheMessage) {
  EXPECT_EQ(corrupt("\x12\x03hi"), "m: field 2 has 3 bytes, but only 2 are left");
  EXPECT_EQ(corrupt("\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
            "m: field 2 has 9223372036854775807 bytes, but only 0 are left");
  EXPECT_EQ(corrupt("\x12"), "m: it ends inside a number");
  EXPECT_EQ(corrupt("\x1d\x01"), "m: it ends inside a number");
  EXPECT_EQ(corrupt(std::string(11, '\xff')), "m: a number longer than 64 bits at byte 10");
  EXPECT_EQ(corrupt("\x02"), "m: a field without number at byte 1");
  EXPECT_EQ(corrupt("\x0b"), "m: field 1 has the wire type 3, which does not exist");
  EXPECT_EQ(corrupt("\x08\x01"), "m: field 1 is not a text or a message");
}

TEST(Protobuf, OtherTypesAreNotTaken) {
  EXPECT_EQ(error_of(ErrorKind::corrupt_data, [] { first("\x12\x01x").integer("m"); }),
            "m: field 2 is not an integer");
  EXPECT_EQ(error_of(ErrorKind::corrupt_data, [] { first("\x08\x01").number32("m"); }),
            "m: field 1 is not a float");
}

}  // namespace
}  // namespace automodel::text
