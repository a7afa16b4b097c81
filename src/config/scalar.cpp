#include "config/scalar.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <regex>
#include <string>

#include "base/text.h"
#include "config/python_literal.h"

namespace automodel::config {
namespace {

/// No number is longer; also keeps std::regex from recursing deeply.
constexpr std::size_t kLongestNumber = 128;
constexpr std::size_t kLongestLiteral = 1000;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_integer(const std::string& text) {
  static const std::regex kPattern(
      "[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|"
      "[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+");
  return std::regex_match(text, kPattern);
}

bool is_float(const std::string& text) {
  static const std::regex kPattern(
      "[-+]?([0-9][0-9_]*)\\.[0-9_]*([eE][-+][0-9]+)?|\\.[0-9][0-9_]*([eE][-+][0-9]+)?|"
      "[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\\.[0-9_]*|[-+]?\\.(inf|Inf|INF)|"
      "\\.(nan|NaN|NAN)");
  return std::regex_match(text, kPattern);
}

std::optional<Json> parse_digits(std::string_view digits, int base, bool negative) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, value, base);
  if (status != std::errc() || stop != end ||
      value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  const auto magnitude = static_cast<std::int64_t>(value);
  return Json(negative ? -magnitude : magnitude);
}

/// "1:30" is 90 and "1:30.5" is 90.5: base 60.
double base_60(const std::string& text) {
  double value = 0;
  for (const std::string& part : split(text, ':')) {
    value = value * 60 + std::strtod(part.c_str(), nullptr);
  }
  return value;
}

std::optional<Json> integer_value(const std::string& text) {
  std::string digits = replace_all(text, "_", "");
  const bool negative = digits[0] == '-';
  if (digits[0] == '-' || digits[0] == '+') {
    digits.erase(0, 1);
  }
  if (digits.find(':') != std::string::npos) {
    const double value = base_60(digits);
    return value < 1e15 ? std::optional<Json>(static_cast<std::int64_t>(negative ? -value : value))
                        : std::nullopt;
  }
  if (digits.starts_with("0b")) {
    return parse_digits(std::string_view(digits).substr(2), 2, negative);
  }
  if (digits.starts_with("0x")) {
    return parse_digits(std::string_view(digits).substr(2), 16, negative);
  }
  return parse_digits(digits, digits[0] == '0' ? 8 : 10, negative);
}

Json float_value(const std::string& text) {
  std::string digits = to_lower_ascii(replace_all(text, "_", ""));
  const double sign = digits[0] == '-' ? -1 : 1;
  if (digits[0] == '-' || digits[0] == '+') {
    digits.erase(0, 1);
  }
  if (digits == ".inf") {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (digits == ".nan") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return sign * (digits.find(':') == std::string::npos ? std::strtod(digits.c_str(), nullptr)
                                                       : base_60(digits));
}

}  // namespace

Json type_yaml_scalar(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) {
    return nullptr;
  }
  if (is_one_of(text, {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) {
    return true;
  }
  if (is_one_of(text, {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return false;
  }
  std::string word(text);
  if (text.size() <= kLongestNumber &&
      std::string_view("-+.0123456789").find(text[0]) != std::string_view::npos) {
    if (is_integer(word)) {
      return integer_value(word).value_or(Json(word));
    }
    if (is_float(word)) {
      return float_value(word);
    }
  }
  return word;
}

Json retype_string(std::string_view text) {
  if (is_one_of(text, {"none", "None"})) {
    return nullptr;
  }
  if (is_one_of(text, {"true", "True", "false", "False"})) {
    return text[0] == 't' || text[0] == 'T';
  }
  if (text.size() <= kLongestLiteral) {
    if (auto literal = parse_python_literal(text)) {
      return *literal;
    }
  }
  return std::string(text);
}

Json type_scalar(std::string_view text, bool plain) {
  const Json value = plain ? type_yaml_scalar(text) : Json(std::string(text));
  return value.is_string() ? retype_string(text) : value;
}

}  // namespace automodel::config
