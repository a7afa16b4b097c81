#pragma once
// Code points of UTF-8 text, classified as Python's str methods do. Text is valid UTF-8 (checked
// where it enters).

#include <cstddef>
#include <string>
#include <string_view>

#include "text/unicode.h"

namespace automodel::text::jinja {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};

/// The code point that starts at byte `at` < text.size(); a stray byte stands for itself.
CodePoint decode(std::string_view text, std::size_t at);
/// The code point that ends before byte `end` > 0.
CodePoint decode_before(std::string_view text, std::size_t end);
std::u32string to_code_points(std::string_view text);
std::string from_code_points(std::u32string_view text);

/// The byte at which code point `index` starts; text.size() if there are fewer.
std::size_t byte_of(std::string_view text, std::size_t index);

bool is_space(char32_t c);
bool is_line_break(char32_t c);
bool is_printable(char32_t c);
bool is_alphabetic(char32_t c);
bool is_decimal(char32_t c);
bool is_digit(char32_t c);
bool is_numeric(char32_t c);
bool is_alphanumeric(char32_t c);
/// As re's \w.
bool is_word(char32_t c);

}  // namespace automodel::text::jinja
