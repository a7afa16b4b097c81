#pragma once
// UTF-8 and the character properties that tokenizers ask for.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace automodel::text {

/// SentencePiece's sign for a space: the lower one eighth block.
inline constexpr std::string_view kSpaceMark = "\u2581";

inline constexpr char32_t kReplacement = 0xFFFD;

struct CodePoint {
  char32_t value;
  std::uint32_t size;  // bytes
};

/// The character that starts at byte `at`. `text` must be valid UTF-8 and `at` the start of a
/// character in it.
inline CodePoint decode_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1};
  }
  const auto tail = [&](std::size_t i) { return static_cast<char32_t>(byte(i) & 0x3F); };
  if (lead < 0xE0) {
    return {(static_cast<char32_t>(lead & 0x1F) << 6) | tail(1), 2};
  }
  if (lead < 0xF0) {
    return {(static_cast<char32_t>(lead & 0x0F) << 12) | (tail(1) << 6) | tail(2), 3};
  }
  return {(static_cast<char32_t>(lead & 0x07) << 18) | (tail(1) << 12) | (tail(2) << 6) | tail(3),
          4};
}

/// True for the second to fourth byte of a character.
inline bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// The start of the character that ends before byte `at` (> 0) of valid UTF-8.
inline std::size_t previous_start(std::string_view text, std::size_t at) {
  do {
    --at;
  } while (is_continuation(text[at]));
  return at;
}

/// The UTF-8 bytes of one character. `c` must be a Unicode scalar value.
std::string to_utf8(char32_t c);
std::u32string to_utf32(std::string_view text);
/// The number of characters of valid UTF-8.
std::size_t count_characters(std::string_view text);

/// Property White_Space.
bool is_white_space(char32_t c);
/// ASCII punctuation and symbols, or category P.
bool is_punctuation(char32_t c);
/// Categories Nd, Nl, No.
bool is_numeric(char32_t c);
/// Categories Mn, Mc, Me.
bool is_mark(char32_t c);
/// Category Mn.
bool is_nonspacing_mark(char32_t c);
/// Categories Cc, Cf, Co (not Cn: which characters are assigned depends on the Unicode version).
bool is_control_or_format(char32_t c);
/// Letters, marks, digits, connectors and joiners: \w of regular expressions.
bool is_word(char32_t c);
/// The lower case of `c`: one character, but two for U+0130.
std::u32string lower_case(char32_t c);

}  // namespace automodel::text
