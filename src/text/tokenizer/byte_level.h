#pragma once
// GPT-2's alphabet: each of the 256 bytes as a printable character.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace automodel::text {

/// The character that stands for a byte: itself for printable Latin-1, else U+0100 and up in order.
/// Source: openai/gpt-2 encoder.py, bytes_to_unicode.
char32_t byte_to_character(unsigned char byte);
/// The inverse; nothing for characters outside the alphabet.
std::optional<unsigned char> character_to_byte(char32_t c);

/// Each byte of `bytes` as its character, in UTF-8.
std::string to_byte_characters(std::string_view bytes);
/// The bytes that a text of such characters stands for; nothing if another character is among them.
/// `text` must be valid UTF-8.
std::optional<std::string> from_byte_characters(std::string_view text);

/// The expression at which GPT-2 splits a text before it looks at bytes.
inline constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

}  // namespace automodel::text
