#include "text/jinja/scan.h"

#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

constexpr std::string_view kDecimal = "0123456789";

bool is_one_of(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

// Digits that may be separated by single underscores, starting with a digit.
std::size_t match_digits(std::string_view text, std::string_view digits) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_one_of(digits, text[at])) {
      ++at;
    } else if (at > 0 && text[at] == '_' && at + 1 < text.size() &&
               is_one_of(digits, text[at + 1])) {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

std::size_t match_exponent(std::string_view text) {
  if (text.empty() || (text[0] != 'e' && text[0] != 'E')) {
    return 0;
  }
  const std::size_t sign = text.size() > 1 && (text[1] == '+' || text[1] == '-') ? 1 : 0;
  const std::size_t digits = match_digits(text.substr(1 + sign), kDecimal);
  return digits > 0 ? 1 + sign + digits : 0;
}

std::size_t match_prefixed(std::string_view text, char mark, std::string_view digits) {
  if (text.size() < 3 || text[0] != '0' || (text[1] | 0x20) != mark) {
    return 0;
  }
  const std::size_t underscore = text[2] == '_' ? 1 : 0;
  const std::size_t count = match_digits(text.substr(2 + underscore), digits);
  return count > 0 ? 2 + underscore + count : 0;
}

// Skips "{%", a sign, whitespace, the word and whitespace; 0 if they are not there.
std::size_t match_tag_word(std::string_view text, std::string_view word) {
  if (!text.starts_with("{%")) {
    return 0;
  }
  std::size_t at = 2;
  at += at < text.size() && (text[at] == '-' || text[at] == '+') ? 1 : 0;
  at += count_spaces(text.substr(at));
  if (!text.substr(at).starts_with(word)) {
    return 0;
  }
  at += word.size();
  return at + count_spaces(text.substr(at));
}

}  // namespace

std::size_t count_spaces(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint point = decode(text, at);
    if (!is_space(point.value)) {
      break;
    }
    at += point.bytes;
  }
  return at;
}

std::size_t match_float(std::string_view text) {
  const std::size_t whole = match_digits(text, kDecimal);
  if (whole == 0) {
    return 0;
  }
  const std::size_t exponent = match_exponent(text.substr(whole));
  if (exponent > 0) {
    return whole + exponent;
  }
  if (whole >= text.size() || text[whole] != '.') {
    return 0;
  }
  const std::size_t fraction = match_digits(text.substr(whole + 1), kDecimal);
  const std::size_t end = whole + 1 + fraction;
  return fraction > 0 ? end + match_exponent(text.substr(end)) : 0;
}

std::size_t match_integer(std::string_view text) {
  for (const auto& [mark, digits] : {std::pair<char, std::string_view>{'b', "01"},
                                     {'o', "01234567"},
                                     {'x', "0123456789abcdefABCDEF"}}) {
    if (const std::size_t bytes = match_prefixed(text, mark, digits); bytes > 0) {
      return bytes;
    }
  }
  if (!text.empty() && text[0] == '0') {
    return match_digits(text, "0");
  }
  return match_digits(text, kDecimal);
}

std::size_t match_name(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint point = decode(text, at);
    if (!is_word(point.value)) {
      break;
    }
    at += point.bytes;
  }
  return at;
}

std::size_t match_string(std::string_view text) {
  if (text.empty() || (text[0] != '\'' && text[0] != '"')) {
    return 0;
  }
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == text[0]) {
      return at + 1;
    }
    at += text[at] == '\\' ? 1 : 0;
  }
  return 0;
}

std::size_t match_raw_begin(std::string_view text) {
  const std::size_t at = match_tag_word(text, "raw");
  if (at == 0) {
    return 0;
  }
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("%}")) {
    return at + 2;
  }
  return rest.starts_with("-%}") ? at + 3 + count_spaces(rest.substr(3)) : 0;
}

RawEnd match_raw_end(std::string_view text) {
  const std::size_t at = match_tag_word(text, "endraw");
  if (at == 0) {
    return {};
  }
  const char begin = text[2] == '-' || text[2] == '+' ? text[2] : ' ';
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("%}")) {
    return {at + 2, begin, ' '};
  }
  const bool signed_end = rest.starts_with("-%}") || rest.starts_with("+%}");
  return signed_end ? RawEnd{at + 3, begin, rest[0]} : RawEnd{};
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode_before(text, text.size());
    if (!is_space(point.value)) {
      break;
    }
    text.remove_suffix(point.bytes);
  }
  return text;
}

std::string_view without_indentation(std::string_view text, bool starts_line) {
  const auto line_break = text.rfind('\n');
  const std::size_t start = line_break == std::string_view::npos ? 0 : line_break + 1;
  const bool at_line_start = start > 0 || starts_line;
  return at_line_start && count_spaces(text.substr(start)) == text.size() - start
             ? text.substr(0, start)
             : text;
}

}  // namespace automodel::text::jinja
