#include "watch/message.h"

#include <bit>

namespace automodel::watch {
namespace {

constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kEightBytes = 1;
constexpr std::uint32_t kLength = 2;
constexpr std::uint32_t kFourBytes = 5;

}  // namespace

Message& Message::integer(std::uint32_t field, std::int64_t value) {
  tag(field, kVarint);
  varint(static_cast<std::uint64_t>(value));
  return *this;
}

Message& Message::number(std::uint32_t field, double value) {
  tag(field, kEightBytes);
  bytes_ += little_endian(std::bit_cast<std::uint64_t>(value), sizeof(value));
  return *this;
}

Message& Message::single(std::uint32_t field, float value) {
  tag(field, kFourBytes);
  bytes_ += little_endian(std::bit_cast<std::uint32_t>(value), sizeof(value));
  return *this;
}

Message& Message::text(std::uint32_t field, std::string_view value) {
  tag(field, kLength);
  varint(value.size());
  bytes_ += value;
  return *this;
}

Message& Message::message(std::uint32_t field, const Message& value) {
  return text(field, value.bytes());
}

void Message::varint(std::uint64_t value) {
  constexpr std::uint64_t kMore = 0x80;
  for (; value >= kMore; value >>= 7U) {
    bytes_ += static_cast<char>((value & 0x7FU) | kMore);
  }
  bytes_ += static_cast<char>(value);
}

void Message::tag(std::uint32_t field, std::uint32_t wire_type) {
  varint((std::uint64_t{field} << 3U) | wire_type);
}

std::string little_endian(std::uint64_t value, std::size_t num_bytes) {
  std::string out;
  for (std::size_t i = 0; i < num_bytes; ++i) {
    out += static_cast<char>((value >> (8 * i)) & 0xFFU);
  }
  return out;
}

}  // namespace automodel::watch
