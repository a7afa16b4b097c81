#pragma once
// Reading protocol buffers: the wire format only, every length checked.
// Source: protobuf.dev/programming-guides/encoding.

#include <cstdint>
#include <string>
#include <string_view>

namespace automodel::text {

/// A field of a message. Which member holds its value follows from `type`.
struct ProtobufField {
  enum class Type : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
  std::uint64_t number = 0;
  Type type = Type::varint;
  std::uint64_t value = 0;  // of varint, fixed64 and fixed32
  std::string_view bytes;   // of strings, bytes and messages; part of the message read

  /// The value of a numeric field. Throws Error(corrupt_data), naming `where`, for other types.
  std::int64_t integer(std::string_view where) const;
  bool boolean(std::string_view where) const { return integer(where) != 0; }
  float number32(std::string_view where) const;
  std::string_view text(std::string_view where) const;
};

/// The fields of one message, in order.
class ProtobufReader {
 public:
  /// `where` names the message in errors.
  ProtobufReader(std::string_view message, std::string where)
      : message_(message), where_(std::move(where)) {}

  /// False at the end. Throws Error(corrupt_data) for lengths beyond the message and for wire types
  /// that do not exist.
  bool next(ProtobufField& field);
  const std::string& where() const { return where_; }

 private:
  std::uint64_t varint();
  std::uint64_t fixed(std::size_t size);

  std::string_view message_;
  std::string where_;
  std::size_t at_ = 0;
};

}  // namespace automodel::text
