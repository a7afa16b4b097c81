#include "text/formats/protobuf.h"

#include <bit>

#include "base/error.h"

namespace automodel::text {
namespace {

void check_type(bool right, const ProtobufField& field, std::string_view where,
                std::string_view expected) {
  check(right, ErrorKind::corrupt_data, "{}: field {} is not {}", where, field.number, expected);
}

}  // namespace

std::int64_t ProtobufField::integer(std::string_view where) const {
  check_type(type == Type::varint, *this, where, "an integer");
  return static_cast<std::int64_t>(value);
}

float ProtobufField::number32(std::string_view where) const {
  check_type(type == Type::fixed32, *this, where, "a float");
  return std::bit_cast<float>(static_cast<std::uint32_t>(value));
}

std::string_view ProtobufField::text(std::string_view where) const {
  check_type(type == Type::bytes, *this, where, "a text or a message");
  return bytes;
}

std::uint64_t ProtobufReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    check(at_ < message_.size(), ErrorKind::corrupt_data, "{}: it ends inside a number", where_);
    const auto byte = static_cast<unsigned char>(message_[at_++]);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) {
      return value;
    }
  }
  fail(ErrorKind::corrupt_data, "{}: a number longer than 64 bits at byte {}", where_, at_);
}

std::uint64_t ProtobufReader::fixed(std::size_t size) {
  check(message_.size() - at_ >= size, ErrorKind::corrupt_data, "{}: it ends inside a number",
        where_);
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(message_[at_ + i]);
  }
  at_ += size;
  return value;
}

bool ProtobufReader::next(ProtobufField& field) {
  if (at_ == message_.size()) {
    return false;
  }
  const std::uint64_t tag = varint();
  field = {.number = tag >> 3, .type = static_cast<ProtobufField::Type>(tag & 7)};
  check(field.number > 0, ErrorKind::corrupt_data, "{}: a field without number at byte {}", where_,
        at_);
  switch (field.type) {
    case ProtobufField::Type::varint:
      field.value = varint();
      return true;
    case ProtobufField::Type::fixed64:
      field.value = fixed(8);
      return true;
    case ProtobufField::Type::fixed32:
      field.value = fixed(4);
      return true;
    case ProtobufField::Type::bytes: {
      const std::uint64_t size = varint();
      check(size <= message_.size() - at_, ErrorKind::corrupt_data,
            "{}: field {} has {} bytes, but only {} are left", where_, field.number, size,
            message_.size() - at_);
      field.bytes = message_.substr(at_, size);
      at_ += size;
      return true;
    }
  }
  fail(ErrorKind::corrupt_data, "{}: field {} has the wire type {}, which does not exist", where_,
       field.number, tag & 7);
}

}  // namespace automodel::text
