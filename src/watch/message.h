#pragma once
// Protocol Buffers' wire format, as far as writing needs it.
// Source: protobuf.dev, Encoding.

#include <cstdint>
#include <string>
#include <string_view>

namespace automodel::watch {

/// A message under construction: fields by their numbers, in the order in which they are added.
class Message {
 public:
  Message& integer(std::uint32_t field, std::int64_t value);
  Message& number(std::uint32_t field, double value);
  Message& single(std::uint32_t field, float value);
  Message& text(std::uint32_t field, std::string_view value);
  Message& message(std::uint32_t field, const Message& value);
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value);
  void tag(std::uint32_t field, std::uint32_t wire_type);

  std::string bytes_;
};

/// The bytes of a value, lowest first.
std::string little_endian(std::uint64_t value, std::size_t num_bytes);

}  // namespace automodel::watch
