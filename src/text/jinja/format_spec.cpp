#include "text/jinja/format_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/number.h"
#include "text/jinja/print.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

constexpr int kMaxPrecision = 10'000;

bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

std::size_t take_count(std::string_view& text, std::size_t limit) {
  std::size_t count = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    count = count * 10 + static_cast<std::size_t>(text[0] - '0');
    check(count <= limit, ErrorKind::invalid_argument,
          "a width or precision of more than {} in a format specification", limit);
    text.remove_prefix(1);
  }
  return count;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

void take_fill_and_align(std::string_view& text, FormatSpec& spec) {
  const std::size_t bytes = text.empty() ? 0 : decode(text, 0).bytes;
  if (bytes > 0 && text.size() > bytes && is_align(text[bytes])) {
    spec.fill = text.substr(0, bytes);
    spec.align = text[bytes];
    text.remove_prefix(bytes + 1);
  } else if (!text.empty() && is_align(text[0])) {
    spec.align = text[0];
    text.remove_prefix(1);
  }
}

std::string group_digits(const std::string& digits, char separator, std::size_t size,
                         std::size_t min_width) {
  std::string out;
  std::size_t count = 0;
  for (auto at = digits.size(); at > 0 || out.size() < min_width; ++count) {
    if (count > 0 && count % size == 0) {
      out.push_back(separator);
    }
    out.push_back(at > 0 ? digits[--at] : '0');
  }
  std::reverse(out.begin(), out.end());
  return out;
}

struct Number {
  bool negative = false;
  std::string prefix;    // 0x and the like
  std::string whole;     // digits before the point
  std::string fraction;  // the rest
};

std::string assemble(Number number, const FormatSpec& spec) {
  std::string sign;
  if (number.negative) {
    sign = "-";
  } else if (spec.sign != '-') {
    sign = std::string(1, spec.sign);
  }
  const std::size_t fixed = sign.size() + number.prefix.size() + number.fraction.size();
  const bool zeros = spec.align == '=' && spec.fill == "0";
  if (spec.grouping != 0) {
    const bool by_four =
        spec.type != 0 && std::string_view("boxX").find(spec.type) != std::string_view::npos;
    const std::size_t min_width = zeros && spec.width > fixed ? spec.width - fixed : 0;
    number.whole = group_digits(number.whole, spec.grouping, by_four ? 4 : 3, min_width);
  }
  const std::string body = number.whole + number.fraction;
  if (spec.align == '=') {
    FormatSpec inner = spec;
    inner.align = '>';
    const std::size_t lead = sign.size() + number.prefix.size();
    inner.width = spec.width > lead ? spec.width - lead : 0;
    return sign + number.prefix + pad(body, inner, '>');
  }
  return pad(sign + number.prefix + body, spec, '>');
}

Number split_decimal(const std::string& text, bool negative) {
  const auto end = text.find_first_not_of("0123456789");
  return {negative, "", text.substr(0, end), end == std::string::npos ? "" : text.substr(end)};
}

std::string without_trailing_zeros(std::string digits) {
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits.ends_with('.') ? digits.substr(0, digits.size() - 1) : digits;
}

// 'g' with at least one digit after the point, as Python prints a float under a bare precision.
std::string general_with_point(double number, int precision) {
  const int digits = std::max(precision, 1);
  const std::string scientific = fmt::format("{:.{}e}", number, digits - 1);
  const auto mark = scientific.find('e');
  const int exponent = std::stoi(scientific.substr(mark + 1));
  if (exponent < -4 || exponent + 1 > digits - 1) {
    const std::string mantissa = scientific.substr(0, mark);
    const bool has_point = mantissa.find('.') != std::string::npos;
    return (has_point ? without_trailing_zeros(mantissa) : mantissa) + scientific.substr(mark);
  }
  const std::string text = fmt::format("{:.{}g}", number, digits);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

std::string float_digits(double number, const FormatSpec& spec) {
  const int precision = spec.precision >= 0 ? spec.precision : 6;
  switch (spec.type) {
    case 0:
      return spec.precision >= 0 ? general_with_point(number, spec.precision) : float_repr(number);
    case 'e':
      return fmt::format("{:.{}e}", number, precision);
    case 'E':
      return fmt::format("{:.{}E}", number, precision);
    case 'f':
    case 'F':
      return fmt::format("{:.{}f}", number, precision);
    case '%':
      return fmt::format("{:.{}f}", number * 100, precision) + "%";
    case 'G':
      return spec.alternate ? fmt::format("{:#.{}G}", number, std::max(precision, 1))
                            : fmt::format("{:.{}G}", number, std::max(precision, 1));
    default:
      return spec.alternate ? fmt::format("{:#.{}g}", number, std::max(precision, 1))
                            : fmt::format("{:.{}g}", number, std::max(precision, 1));
  }
}

Number float_parts(double number, const FormatSpec& spec) {
  const bool negative = std::signbit(number) && !std::isnan(number);
  const bool upper = spec.type == 'E' || spec.type == 'F' || spec.type == 'G';
  const std::string percent = spec.type == '%' ? "%" : "";
  if (std::isnan(number)) {
    return {false, "", (upper ? "NAN" : "nan") + percent, ""};
  }
  if (std::isinf(number)) {
    return {negative, "", (upper ? "INF" : "inf") + percent, ""};
  }
  return split_decimal(float_digits(std::abs(number), spec), negative);
}

Number integer_parts(std::int64_t number, const FormatSpec& spec) {
  const auto magnitude =
      number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  switch (spec.type) {
    case 'b':
      return {number < 0, spec.alternate ? "0b" : "", fmt::format("{:b}", magnitude), ""};
    case 'o':
      return {number < 0, spec.alternate ? "0o" : "", fmt::format("{:o}", magnitude), ""};
    case 'x':
      return {number < 0, spec.alternate ? "0x" : "", fmt::format("{:x}", magnitude), ""};
    case 'X':
      return {number < 0, spec.alternate ? "0X" : "", fmt::format("{:X}", magnitude), ""};
    default:
      return {number < 0, "", fmt::format("{}", magnitude), ""};
  }
}

std::string format_text(const String& text, const FormatSpec& spec) {
  check(spec.type == 0 || spec.type == 's', ErrorKind::invalid_argument,
        "Unknown format code '{}' for object of type 'str'", spec.type);
  check(spec.align != '=', ErrorKind::invalid_argument,
        "'=' alignment not allowed in string format specifier");
  check(spec.sign == '-' && !spec.alternate && spec.grouping == 0, ErrorKind::invalid_argument,
        "sign, '#' and grouping are not allowed in string format specifier");
  const std::string_view view = text.view();
  const auto cut =
      spec.precision < 0 ? view.size() : byte_of(view, static_cast<std::size_t>(spec.precision));
  return pad(std::string(view.substr(0, cut)), spec, '<');
}

}  // namespace

FormatSpec parse_format_spec(std::string_view spec) {
  FormatSpec out;
  std::string_view rest = spec;
  take_fill_and_align(rest, out);
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-' || rest[0] == ' ')) {
    out.sign = rest[0];
    rest.remove_prefix(1);
  }
  out.alternate = take(rest, "#");
  if (take(rest, "0") && out.align == 0) {
    out.fill = "0";
    out.align = '=';
  }
  out.width = take_count(rest, kMaxStringBytes);
  if (!rest.empty() && (rest[0] == ',' || rest[0] == '_')) {
    out.grouping = rest[0];
    rest.remove_prefix(1);
  }
  if (take(rest, ".")) {
    check(!rest.empty() && rest[0] >= '0' && rest[0] <= '9', ErrorKind::invalid_argument,
          "Format specifier missing precision");
    out.precision = static_cast<int>(take_count(rest, kMaxPrecision));
  }
  if (!rest.empty()) {
    out.type = rest[0];
    rest.remove_prefix(1);
  }
  check(rest.empty(), ErrorKind::invalid_argument, "Invalid format specifier '{}'", spec);
  return out;
}

std::string pad(std::string text, const FormatSpec& spec, char align) {
  const std::size_t size = count_characters(text);
  if (size >= spec.width) {
    return text;
  }
  const std::size_t missing = spec.width - size;
  check_string_bytes(text.size() + missing * spec.fill.size());
  const char side = spec.align != 0 ? spec.align : align;
  const std::size_t left = side == '<' ? 0 : side == '^' ? missing / 2 : missing;
  std::string out;
  for (std::size_t i = 0; i < left; ++i) {
    out += spec.fill;
  }
  out += text;
  for (std::size_t i = left; i < missing; ++i) {
    out += spec.fill;
  }
  return out;
}

std::string format_number(const Value& number, const FormatSpec& spec) {
  static constexpr std::string_view kFloatTypes = "eEfFgG%";
  const auto integer = as_integer(number);
  const bool as_float =
      !integer || (spec.type != 0 && kFloatTypes.find(spec.type) != std::string_view::npos);
  if (as_float) {
    check(
        spec.type == 0 || spec.type == 'n' || kFloatTypes.find(spec.type) != std::string_view::npos,
        ErrorKind::invalid_argument, "Unknown format code '{}' for object of type 'float'",
        spec.type);
    return assemble(float_parts(known(as_number(number)), spec), spec);
  }
  check(spec.precision < 0, ErrorKind::invalid_argument,
        "Precision not allowed in integer format specifier");
  if (spec.type == 'c') {
    check(*integer >= 0 && *integer < 0x110000, ErrorKind::invalid_argument,
          "%c arg not in range(0x110000)");
    return pad(to_utf8(static_cast<char32_t>(*integer)), spec, '<');
  }
  check(spec.type == 0 || std::string_view("bdoxXn").find(spec.type) != std::string_view::npos,
        ErrorKind::invalid_argument, "Unknown format code '{}' for object of type 'int'",
        spec.type);
  return assemble(integer_parts(*integer, spec), spec);
}

std::string format_value(const Value& value, std::string_view spec) {
  if (spec.empty()) {
    return to_text(value);
  }
  if (const auto* text = value.as<String>()) {
    return format_text(*text, parse_format_spec(spec));
  }
  check(as_number(value).has_value(), ErrorKind::invalid_argument,
        "unsupported format string passed to {}.__format__", type_name(value));
  return format_number(value, parse_format_spec(spec));
}

}  // namespace automodel::text::jinja
