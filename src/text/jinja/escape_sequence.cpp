#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "text/jinja/lexer.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

std::string_view simple_escape(char c) {
  switch (c) {
    case '\\':
      return "\\";
    case '\'':
      return "'";
    case '"':
      return "\"";
    case 'a':
      return "\a";
    case 'b':
      return "\b";
    case 'f':
      return "\f";
    case 'n':
      return "\n";
    case 'r':
      return "\r";
    case 't':
      return "\t";
    case 'v':
      return "\v";
    default:
      return {};
  }
}

class Unescaper {
 public:
  explicit Unescaper(std::string_view literal) : rest_(literal) {}

  std::string run() {
    while (!rest_.empty()) {
      const auto mark = std::min(rest_.find('\\'), rest_.size());
      out_ += rest_.substr(0, mark);
      rest_.remove_prefix(mark);
      if (!rest_.empty()) {
        rest_.remove_prefix(1);
        escape();
      }
    }
    return std::move(out_);
  }

 private:
  void escape() {
    check(!rest_.empty(), ErrorKind::invalid_argument, "\\ at end of string");
    const char c = rest_[0];
    const std::string_view simple = simple_escape(c);
    if (!simple.empty()) {
      out_ += simple;
      rest_.remove_prefix(1);
    } else if (c == '\n') {
      rest_.remove_prefix(1);
    } else if (c >= '0' && c <= '7') {
      octal();
    } else if (c == 'x' || c == 'u' || c == 'U') {
      rest_.remove_prefix(1);
      hexadecimal(c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else {
      other(c);
    }
  }

  void octal() {
    const auto end = std::min<std::size_t>(
        {3, rest_.size(), std::min(rest_.find_first_not_of("01234567"), rest_.size())});
    append(number(rest_.substr(0, end), 8));
    rest_.remove_prefix(end);
  }

  void hexadecimal(std::size_t digits) {
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    const auto end = std::min(rest_.find_first_not_of(kHex), rest_.size());
    check(end >= digits, ErrorKind::invalid_argument, R"(truncated \x, \u or \U escape)");
    append(number(rest_.substr(0, digits), 16));
    rest_.remove_prefix(digits);
  }

  // A backslash before any other character stays; jinja2 writes what is not ASCII as its escape.
  void other(char c) {
    check(c != 'N', ErrorKind::unsupported, "\\N{{...}} escapes are not supported; use \\u");
    out_.push_back('\\');
    const CodePoint point = decode(rest_, 0);
    if (point.value >= 0x10000) {
      out_ += fmt::format("U{:08x}", static_cast<unsigned>(point.value));
    } else if (point.value >= 0x100) {
      out_ += fmt::format("u{:04x}", static_cast<unsigned>(point.value));
    } else if (point.value >= 0x80) {
      out_ += fmt::format("x{:02x}", static_cast<unsigned>(point.value));
    } else {
      out_.push_back(c);
    }
    rest_.remove_prefix(point.bytes);
  }

  static char32_t number(std::string_view digits, int base) {
    std::uint32_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return static_cast<char32_t>(value);
  }

  void append(char32_t code_point) {
    check(code_point < 0x110000, ErrorKind::invalid_argument, "illegal Unicode character");
    check(code_point < 0xd800 || code_point > 0xdfff, ErrorKind::invalid_argument,
          "a lone surrogate in a string; write the character itself or \\U");
    out_ += to_utf8(code_point);
  }

  std::string_view rest_;
  std::string out_;
};

}  // namespace

std::string unescape(std::string_view literal) { return Unescaper(literal).run(); }

}  // namespace automodel::text::jinja
