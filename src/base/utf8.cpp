#include "base/utf8.h"

#include <cstdint>
#include <cstring>

#include "base/error.h"

namespace automodel {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// The bytes of the longest valid start of a character at `at`, and whether it is a whole one.
struct CharacterPrefix {
  std::size_t size;
  bool complete;
};

CharacterPrefix scan_character(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) {
    return {1, true};
  }
  if (lead < 0xC2 || lead > 0xF4) {
    return {1, false};
  }
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte's range excludes overlong forms, surrogates and values above U+10FFFF (Unicode,
  // table 3-7).
  unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < size; ++i) {
    if (at + i >= text.size() || byte(at + i) < low || byte(at + i) > high) {
      return {i, false};
    }
    low = 0x80;
    high = 0xBF;
  }
  return {size, true};
}

/// Whether the first two characters are ASCII in two bytes each, the zeros at `zero` and `zero`
/// + 2.
bool has_zeros(std::string_view text, std::size_t zero) {
  return text.size() >= 4 && text[zero] == 0 && text[zero + 2] == 0 && text[1 - zero] != 0 &&
         text[3 - zero] != 0;
}

std::string_view wide_encoding(std::string_view text) {
  if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) {
    return "UTF-32";
  }
  const bool has_mark = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  return has_mark || has_zeros(text, 0) || has_zeros(text, 1) ? "UTF-16" : "";
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (std::uint64_t word = 0; at + sizeof(word) <= text.size()) {
      std::memcpy(&word, text.data() + at, sizeof(word));
      if ((word & 0x8080808080808080U) == 0) {  // eight ASCII characters
        at += sizeof(word);
        continue;
      }
    }
    const CharacterPrefix prefix = scan_character(text, at);
    if (!prefix.complete) {
      return at;
    }
    at += prefix.size;
  }
  return std::nullopt;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CharacterPrefix prefix = scan_character(text, at);
    if (prefix.complete) {
      result += text.substr(at, prefix.size);
    } else {
      result += kReplacementCharacter;
    }
    at += prefix.size;
  }
  return result;
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.substr(text.starts_with(kMark) ? kMark.size() : 0);
}

void refuse_wide_encoding(std::string_view text, std::string_view source) {
  const auto encoding = wide_encoding(text);
  check(
      encoding.empty(), ErrorKind::corrupt_data,
      "{}: the file is {}; save it as UTF-8 (what '>' of Windows PowerShell writes is UTF-16: use "
      "'| Out-File -Encoding utf8')",
      source, encoding);
}

}  // namespace automodel
