#include "text/tokenizer/byte_level.h"

#include "text/unicode.h"

namespace automodel::text {
namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr std::array<char32_t, 256> make_characters() {
  std::array<char32_t, 256> table{};
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    table[byte] = stands_for_itself(byte) ? byte : next++;
  }
  return table;
}

constexpr std::array<char32_t, 256> kCharacters = make_characters();
constexpr char32_t kEnd = 0x144;  // one past the largest character in use

constexpr std::array<std::int16_t, kEnd> make_bytes() {
  std::array<std::int16_t, kEnd> table{};
  for (auto& byte : table) {
    byte = -1;
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    table[kCharacters[byte]] = static_cast<std::int16_t>(byte);
  }
  return table;
}

constexpr std::array<std::int16_t, kEnd> kBytes = make_bytes();

}  // namespace

char32_t byte_to_character(unsigned char byte) { return kCharacters[byte]; }

std::optional<unsigned char> character_to_byte(char32_t c) {
  if (c >= kEnd || kBytes[c] < 0) {
    return std::nullopt;
  }
  return static_cast<unsigned char>(kBytes[c]);
}

std::string to_byte_characters(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += to_utf8(byte_to_character(static_cast<unsigned char>(byte)));
  }
  return text;
}

std::optional<std::string> from_byte_characters(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_at(text, at);
    const auto byte = character_to_byte(c.value);
    if (!byte) {
      return std::nullopt;
    }
    bytes += static_cast<char>(*byte);
    at += c.size;
  }
  return bytes;
}

}  // namespace automodel::text
