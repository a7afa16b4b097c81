#include "text/jinja/number.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

constexpr int kMinFixedExponent = -4;
constexpr int kMaxFixedExponent = 16;

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_space(decode(text, 0).value)) {
    text.remove_prefix(decode(text, 0).bytes);
  }
  while (!text.empty() && is_space(decode_before(text, text.size()).value)) {
    text.remove_suffix(decode_before(text, text.size()).bytes);
  }
  return text;
}

// Removes single underscores between digits; nothing if one stands elsewhere.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out.push_back(text[i]);
      continue;
    }
    const bool between = i > 0 && i + 1 < text.size() && text[i - 1] != '_' && text[i + 1] != '_' &&
                         is_alphanumeric(decode(text, i - 1).value) &&
                         is_alphanumeric(decode(text, i + 1).value);
    if (!between) {
      return std::nullopt;
    }
  }
  return out;
}

int prefixed_base(std::string_view digits) {
  if (digits.size() < 2 || digits[0] != '0') {
    return 0;
  }
  switch (digits[1] | 0x20) {
    case 'x':
      return 16;
    case 'o':
      return 8;
    case 'b':
      return 2;
    default:
      return 0;
  }
}

std::string fixed_digits(std::string digits, int exponent) {
  if (exponent < 0) {
    return "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    return digits + std::string(whole - digits.size(), '0') + ".0";
  }
  return digits.insert(whole, ".");
}

}  // namespace

std::string float_repr(double number) {
  if (std::isnan(number)) {
    return "nan";
  }
  if (std::isinf(number)) {
    return number < 0 ? "-inf" : "inf";
  }
  std::array<char, 64> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(number),
                                    std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  const auto mark = text.find('e');
  const std::string digits = replace_all(std::string(text.substr(0, mark)), ".", "");
  const bool negative_exponent = text[mark + 1] == '-';
  int exponent = 0;
  std::from_chars(text.data() + mark + 2, text.data() + text.size(), exponent);
  exponent = negative_exponent ? -exponent : exponent;
  const std::string sign = std::signbit(number) ? "-" : "";
  if (exponent >= kMinFixedExponent && exponent < kMaxFixedExponent) {
    return sign + fixed_digits(digits, exponent);
  }
  const std::string fraction = digits.size() > 1 ? "." + digits.substr(1) : "";
  return fmt::format("{}{}{}e{}{:02}", sign, digits[0], fraction, exponent < 0 ? "-" : "+",
                     std::abs(exponent));
}

std::optional<std::int64_t> parse_integer(std::string_view text, int base) {
  std::string_view body = strip(text);
  const bool negative = !body.empty() && body[0] == '-';
  if (negative || (!body.empty() && body[0] == '+')) {
    body.remove_prefix(1);
  }
  const int prefix = prefixed_base(body);
  if (prefix != 0 && (base == 0 || base == prefix)) {
    body.remove_prefix(2);
    body.remove_prefix(!body.empty() && body[0] == '_' ? 1 : 0);
    base = prefix;
  } else if (base == 0) {
    const bool octal_like =
        body.size() > 1 && body[0] == '0' && body.find_first_not_of("0_") != std::string_view::npos;
    if (octal_like) {
      return std::nullopt;
    }
    base = 10;
  }
  const auto digits = without_underscores(body);
  if (!digits || digits->empty() || (*digits)[0] == '-') {
    return std::nullopt;
  }
  const std::string signed_digits = (negative ? "-" : "") + *digits;
  std::int64_t value = 0;
  const char* end = signed_digits.data() + signed_digits.size();
  const auto result = std::from_chars(signed_digits.data(), end, value, base);
  if (result.ptr != end) {
    return std::nullopt;
  }
  check(result.ec != std::errc::result_out_of_range, ErrorKind::invalid_argument,
        "the integer {} does not fit 64 bits; templates here have no larger ones", signed_digits);
  return value;
}

std::optional<double> parse_float(std::string_view text) {
  const auto digits = without_underscores(strip(text));
  if (!digits || digits->empty()) {
    return std::nullopt;
  }
  std::string_view body = *digits;
  const double sign = body[0] == '-' ? -1.0 : 1.0;
  if (body[0] == '-' || body[0] == '+') {
    body.remove_prefix(1);
  }
  const std::string lower = to_lower_ascii(body);
  if (lower == "inf" || lower == "infinity") {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (lower == "nan") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (body.empty() || (body[0] != '.' && (body[0] < '0' || body[0] > '9'))) {
    return std::nullopt;
  }
  double value = 0;
  const auto result = std::from_chars(body.data(), body.data() + body.size(), value);
  if (result.ptr != body.data() + body.size() || result.ec == std::errc::invalid_argument) {
    return std::nullopt;
  }
  if (result.ec == std::errc::result_out_of_range) {
    value = std::strtod(std::string(body).c_str(), nullptr);
  }
  return sign * value;
}

std::int64_t truncate_to_integer(double number) {
  check(!std::isnan(number), ErrorKind::invalid_argument, "cannot convert float NaN to integer");
  check(!std::isinf(number), ErrorKind::invalid_argument,
        "cannot convert float infinity to integer");
  check(std::abs(number) < 9.2e18, ErrorKind::invalid_argument,
        "the integer {} does not fit 64 bits; templates here have no larger ones",
        float_repr(number));
  return static_cast<std::int64_t>(number);
}

}  // namespace automodel::text::jinja
