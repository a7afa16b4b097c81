#include "text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "text/recent_characters.h"

namespace automodel::text {
namespace {

/// Capitals of Unicode 16 and 17, whose small letters follow in the same order.
struct RecentCapitals {
  char32_t first, last, lower;
};
constexpr auto kRecentCapitals = std::to_array<RecentCapitals>({{0x1C89, 0x1C89, 0x1C8A},
                                                                {0xA7CB, 0xA7CB, 0x264},
                                                                {0xA7CC, 0xA7CC, 0xA7CD},
                                                                {0xA7CE, 0xA7CE, 0xA7CF},
                                                                {0xA7D2, 0xA7D2, 0xA7D3},
                                                                {0xA7D4, 0xA7D4, 0xA7D5},
                                                                {0xA7DA, 0xA7DA, 0xA7DB},
                                                                {0xA7DC, 0xA7DC, 0x19B},
                                                                {0x10D50, 0x10D65, 0x10D70},
                                                                {0x16EA0, 0x16EB8, 0x16EBB}});

/// The general category's two letters.
std::string_view category(char32_t c) {
  const std::string_view recent = recent_category(c);
  return recent.empty() ? utf8proc_category_string(static_cast<utf8proc_int32_t>(c)) : recent;
}

/// Letters by property only (Other_Alphabetic outside the categories L, M and N): circled and
/// squared capitals.
bool is_letter_symbol(char32_t c) {
  return (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
         (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
}

}  // namespace

std::string to_utf8(char32_t c) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes.data());
  return {bytes.begin(), bytes.begin() + size};
}

std::u32string to_utf32(std::string_view text) {
  std::u32string result;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_at(text, at);
    result += c.value;
    at += c.size;
  }
  return result;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char byte : text) {
    count += is_continuation(byte) ? 0 : 1;
  }
  return count;
}

bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_punctuation(char32_t c) {
  if (c < 0x80) {
    return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) ||
           (c >= 0x7B && c <= 0x7E);
  }
  return category(c).front() == 'P';
}

bool is_numeric(char32_t c) { return category(c).front() == 'N'; }

bool is_mark(char32_t c) { return category(c).front() == 'M'; }

bool is_nonspacing_mark(char32_t c) { return category(c) == "Mn"; }

bool is_control_or_format(char32_t c) {
  const std::string_view kind = category(c);
  return kind == "Cc" || kind == "Cf" || kind == "Co";
}

bool is_word(char32_t c) {
  const std::string_view kind = category(c);
  return kind.front() == 'L' || kind.front() == 'M' || kind == "Nd" || kind == "Nl" ||
         kind == "Pc" || is_letter_symbol(c) || c == 0x200C || c == 0x200D;
}

std::u32string lower_case(char32_t c) {
  if (c == 0x130) {
    return U"i\u0307";
  }
  const auto* recent =
      std::find_if(kRecentCapitals.begin(), kRecentCapitals.end(),
                   [&](const RecentCapitals& row) { return c >= row.first && c <= row.last; });
  if (recent != kRecentCapitals.end()) {
    return {recent->lower + (c - recent->first)};
  }
  return {static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)))};
}

}  // namespace automodel::text
