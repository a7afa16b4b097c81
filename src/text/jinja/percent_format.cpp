#include "text/jinja/percent_format.h"

#include <algorithm>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/format_spec.h"
#include "text/jinja/markup.h"
#include "text/jinja/number.h"
#include "text/jinja/print.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

constexpr std::string_view kIncomplete = "incomplete format";

bool is_digit_byte(char c) { return c >= '0' && c <= '9'; }

class PercentFormatter {
 public:
  PercentFormatter(const String& text, const Value& values)
      : source_(text.view()), markup_(text.markup), values_(values) {
    const auto* tuple = values.as<Tuple>();
    positional_ = tuple != nullptr ? tuple->values() : std::vector<Value>{values};
  }

  std::string format() {
    while (at_ < source_.size()) {
      const auto mark = std::min(source_.find('%', at_), source_.size());
      out_ += source_.substr(at_, mark - at_);
      at_ = mark;
      if (at_ < source_.size()) {
        ++at_;
        directive();
      }
      check_string_bytes(out_.size());
    }
    const bool has_items =
        values_.is<Dict>() || values_.is<List>() || values_.is<Range>() || values_.is<Undefined>();
    const bool all_used = used_ >= positional_.size() || has_items;
    check(all_used, ErrorKind::invalid_argument,
          "not all arguments converted during string formatting");
    return std::move(out_);
  }

 private:
  char peek() const {
    check(at_ < source_.size(), ErrorKind::invalid_argument, "{}", kIncomplete);
    return source_[at_];
  }

  const Value& next_positional() {
    check(used_ < positional_.size(), ErrorKind::invalid_argument,
          "not enough arguments for format string");
    return positional_[used_++];
  }

  const Value& named() {
    const auto* dict = values_.as<Dict>();
    check(dict != nullptr, ErrorKind::invalid_argument, "format requires a mapping");
    const auto close = source_.find(')', at_);
    check(close != std::string_view::npos, ErrorKind::invalid_argument, "incomplete format key");
    const std::string_view key = source_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    const Value* value = (*dict)->find(key);
    check(value != nullptr, ErrorKind::invalid_argument, "{}", string_repr(key));
    return *value;
  }

  std::int64_t count() {
    if (peek() == '*') {
      ++at_;
      const auto number = as_integer(next_positional());
      check(number.has_value(), ErrorKind::invalid_argument, "* wants int");
      return known(number);
    }
    std::int64_t value = 0;
    while (is_digit_byte(peek())) {
      value = value * 10 + (source_[at_++] - '0');
      check_string_bytes(static_cast<std::size_t>(value));
    }
    return value;
  }

  void flags(FormatSpec& spec, bool& left) {
    for (;; ++at_) {
      switch (peek()) {
        case '-':
          left = true;
          break;
        case '0':
          spec.fill = "0";
          break;
        case '+':
          spec.sign = '+';
          break;
        case ' ':
          spec.sign = spec.sign == '+' ? '+' : ' ';
          break;
        case '#':
          spec.alternate = true;
          break;
        default:
          return;
      }
    }
  }

  void directive() {
    std::optional<Value> value;
    if (peek() == '(') {
      value = named();
    }
    FormatSpec spec;
    bool left = false;
    flags(spec, left);
    const std::int64_t width = count();
    left = left || width < 0;
    spec.width = static_cast<std::size_t>(std::abs(width));
    check_string_bytes(spec.width);
    if (peek() == '.') {
      ++at_;
      constexpr std::int64_t kMaxPrecision = 10'000;
      spec.precision = static_cast<int>(std::clamp<std::int64_t>(count(), 0, kMaxPrecision));
    }
    while (peek() == 'l' || peek() == 'h' || peek() == 'L') {
      ++at_;
    }
    const char type = peek();
    ++at_;
    if (type == '%') {
      out_ += '%';
      return;
    }
    spec.align = left ? '<' : '>';
    out_ += convert(value ? *value : next_positional(), spec, type);
  }

  std::string escaped(const Value& value, const std::string& text) const {
    const auto* string = value.as<String>();
    return markup_ && (string == nullptr || !string->markup) ? escape_html(text) : text;
  }

  std::string convert(const Value& value, const FormatSpec& spec, char type) const {
    switch (type) {
      case 's':
        return pad_text(escaped(value, to_text(value)), spec);
      case 'r':
        return pad_text(escaped(value, repr(value)), spec);
      case 'a':
        return pad_text(escaped(value, ascii_repr(value)), spec);
      case 'c':
        return pad_text(character(value), spec);
      default:
        return number(value, spec, type);
    }
  }

  static std::string pad_text(std::string text, FormatSpec spec) {
    if (spec.precision >= 0) {
      text.resize(byte_of(text, static_cast<std::size_t>(spec.precision)));
    }
    spec.fill = " ";
    return pad(std::move(text), spec, '>');
  }

  static std::string character(const Value& value) {
    if (const auto* text = value.as<String>()) {
      check(count_characters(text->view()) == 1, ErrorKind::invalid_argument,
            "%c requires int or char");
      return *text->text;
    }
    FormatSpec spec;
    spec.type = 'c';
    check(as_integer(value).has_value(), ErrorKind::invalid_argument, "%c requires int or char");
    return format_number(value, spec);
  }

  static std::string number(const Value& value, FormatSpec spec, char type) {
    constexpr std::string_view kIntegerTypes = "diuoxX";
    const bool integer = kIntegerTypes.find(type) != std::string_view::npos;
    check(integer || std::string_view("eEfFgG").find(type) != std::string_view::npos,
          ErrorKind::invalid_argument, "unsupported format character '{}'", type);
    check(as_number(value).has_value(), ErrorKind::invalid_argument,
          "%{} format: a real number is required, not {}", type, type_name(value));
    if (spec.fill == "0" && spec.align == '>') {
      spec.align = '=';
    } else {
      spec.fill = " ";
    }
    if (!integer) {
      spec.type = type;
      return format_number(known(as_number(value)), spec);
    }
    spec.type = type == 'i' || type == 'u' ? 'd' : type;
    check(!value.is<double>() || spec.type == 'd', ErrorKind::invalid_argument,
          "%{} format: an integer is required, not float", type);
    const Value whole =
        value.is<double>() ? Value(truncate_to_integer(*value.as<double>())) : value;
    return minimum_digits(known(as_integer(whole)), spec);
  }

  // A precision means at least so many digits.
  static std::string minimum_digits(std::int64_t whole, FormatSpec spec) {
    const int digits = std::exchange(spec.precision, -1);
    if (digits < 0) {
      return format_number(whole, spec);
    }
    FormatSpec inner = spec;
    const bool has_sign = whole < 0 || spec.sign != '-';
    const bool has_prefix = spec.alternate && spec.type != 'd';
    inner.fill = "0";
    inner.align = '=';
    inner.width = static_cast<std::size_t>(digits) + (has_sign ? 1 : 0) + (has_prefix ? 2 : 0);
    return pad(format_number(whole, inner), spec, '>');
  }

  std::string_view source_;
  bool markup_;
  const Value& values_;
  std::vector<Value> positional_;
  std::size_t used_ = 0;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

Value percent_format(const String& text, const Value& values) {
  return string_like(text, PercentFormatter(text, values).format());
}

}  // namespace automodel::text::jinja
