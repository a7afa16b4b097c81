#include "config/python_literal.h"

#include <charconv>
#include <cstdlib>
#include <string>

#include "base/text.h"

namespace automodel::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Underscores may only separate digits, or a prefix like 0x from them; returns the text without
/// them, or nothing.
std::optional<std::string> without_underscores(std::string_view text) {
  const bool prefixed = text.size() > 1 && text[0] == '0' && !is_digit(text[1]) && is_word(text[1]);
  const auto separates = [&](std::size_t i) {
    const auto is_part = [&](char c) { return c != '_' && (prefixed ? is_word(c) : is_digit(c)); };
    return i > 0 && i + 1 < text.size() && is_part(text[i - 1]) && is_part(text[i + 1]);
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (!separates(i)) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<Json> parse_integer(std::string_view digits, int base) {
  std::int64_t value = 0;
  const auto [end, status] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || status != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return Json(value);
}

std::optional<Json> parse_float(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || (!is_digit(text.back()) && text.back() != '.')) {
    return std::nullopt;
  }
  return Json(value);
}

/// One number token as Python writes it, without sign.
std::optional<Json> parse_number(std::string_view token) {
  const auto plain = without_underscores(token);
  if (!plain || plain->empty()) {
    return std::nullopt;
  }
  const std::string& text = *plain;
  if (text.size() > 2 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
    if (base != 0) {
      return parse_integer(std::string_view(text).substr(2), base);
    }
  }
  if (text.find_first_not_of("0123456789") == std::string::npos) {
    const bool leading_zero = text[0] == '0' && text.find_first_not_of('0') != std::string::npos;
    return leading_zero ? std::nullopt : parse_integer(text, 10);
  }
  if (text.find_first_not_of("0123456789.eE+-") != std::string::npos) {
    return std::nullopt;
  }
  return parse_float(text);
}

std::string to_utf8(std::uint32_t code) {
  const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
  if (code < 0x80) {
    return {byte(code)};
  }
  if (code < 0x800) {
    return {byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F))};
  }
  if (code < 0x10000) {
    return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
  }
  return {byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)),
          byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
}

/// Recursive descent over one literal; every parse_* leaves `at_` behind what it read.
class LiteralParser {
 public:
  explicit LiteralParser(std::string_view text) : text_(text) {}

  std::optional<Json> parse_all() {
    skip_blank();
    auto value = parse_tuple_or_value();
    skip_blank();
    return at_ == text_.size() ? value : std::nullopt;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    skip_blank();
    if (peek() != c || at_ >= text_.size()) {
      return false;
    }
    ++at_;
    return true;
  }

  void skip_blank() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == ' ' || c == '\t' || c == '\f' || (c == '\n' && newline_is_blank())) {
        ++at_;
      } else {
        return;
      }
    }
  }
  /// Outside brackets a line break ends the literal.
  bool newline_is_blank() const {
    return depth_ > 0 || text_.find_first_not_of(" \t\n\f", at_) == std::string_view::npos ||
           text_.find_first_not_of(" \t\n\f") >= at_;
  }

  /// `1, 2` is a tuple.
  std::optional<Json> parse_tuple_or_value() {
    auto first = parse_value();
    if (!first || !take(',')) {
      return first;
    }
    Json tuple = Json::array({*first});
    skip_blank();
    while (at_ < text_.size() && peek() != ')') {
      auto item = parse_value();
      if (!item) {
        return std::nullopt;
      }
      tuple.push_back(*item);
      if (!take(',')) {
        break;
      }
      skip_blank();
    }
    return tuple;
  }

  std::optional<Json> parse_value() {
    skip_blank();
    const char c = peek();
    if (c == '(' || c == '[' || c == '{') {
      return parse_bracket(c);
    }
    if (c == '+' || c == '-') {
      return parse_signed();
    }
    if (is_digit(c) || c == '.') {
      return parse_number(number_token());
    }
    if (c == '\'' || c == '"') {
      return parse_strings(false);
    }
    return parse_name();
  }

  std::optional<Json> parse_bracket(char open) {
    constexpr int kDeepest = 90;
    ++at_;
    if (++depth_ > kDeepest) {
      return std::nullopt;
    }
    auto value = open == '(' ? parse_parenthesis() : open == '[' ? parse_list() : parse_dict();
    --depth_;
    return value;
  }

  std::optional<Json> parse_parenthesis() {
    if (take(')')) {
      return Json::array();
    }
    auto value = parse_tuple_or_value();
    return value && take(')') ? value : std::nullopt;
  }

  std::optional<Json> parse_list() {
    Json list = Json::array();
    while (!take(']')) {
      auto item = parse_value();
      if (!item) {
        return std::nullopt;
      }
      list.push_back(*item);
      if (!take(',')) {
        return take(']') ? std::optional(list) : std::nullopt;
      }
    }
    return list;
  }

  std::optional<Json> parse_dict() {
    Json dict = Json::object();
    while (!take('}')) {
      const auto key = parse_value();
      if (!key || !key->is_primitive() || !take(':')) {
        return std::nullopt;
      }
      auto value = parse_value();
      if (!value) {
        return std::nullopt;
      }
      dict[key->is_string() ? key->get<std::string>() : key->dump()] = *value;
      if (!take(',')) {
        return take('}') ? std::optional(dict) : std::nullopt;
      }
    }
    return dict;
  }

  std::optional<Json> parse_signed() {
    const bool negative = text_[at_++] == '-';
    skip_blank();
    auto value = parse_number(number_token());
    if (!value || !negative) {
      return value;
    }
    return value->is_number_float() ? Json(-value->get<double>())
                                    : Json(-value->get<std::int64_t>());
  }

  std::string_view number_token() {
    const std::size_t start = at_;
    const bool hex = text_.substr(at_, 2) == "0x" || text_.substr(at_, 2) == "0X";
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool exponent_sign = (c == '+' || c == '-') && at_ > start && !hex &&
                                 (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
      if (!is_word(c) && c != '.' && !exponent_sign) {
        break;
      }
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  std::optional<Json> parse_name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) {
      ++at_;
    }
    const std::string_view name = text_.substr(start, at_ - start);
    if (peek() == '\'' || peek() == '"') {
      const bool raw = name == "r" || name == "R";
      return raw || name == "u" || name == "U" ? parse_strings(raw) : std::nullopt;
    }
    if (name == "None") {
      return Json(nullptr);
    }
    if (name == "True" || name == "False") {
      return Json(name == "True");
    }
    return std::nullopt;
  }

  /// Adjacent strings are one.
  std::optional<Json> parse_strings(bool raw) {
    std::string out;
    do {
      const auto part = parse_string(raw);
      if (!part) {
        return std::nullopt;
      }
      out += *part;
      raw = false;
      skip_blank();
    } while (peek() == '\'' || peek() == '"');
    return Json(out);
  }

  std::optional<std::string> parse_string(bool raw) {
    const std::string triple(3, text_[at_]);
    const bool is_triple = text_.substr(at_, 3) == triple;
    const std::string_view quote = text_.substr(at_, is_triple ? 3 : 1);
    at_ += quote.size();
    std::string out;
    while (at_ < text_.size() && (is_triple || text_[at_] != '\n')) {
      if (text_.substr(at_, quote.size()) == quote) {
        at_ += quote.size();
        return out;
      }
      const char c = text_[at_++];
      if (c != '\\') {
        out += c;
        continue;
      }
      const auto escaped = at_ < text_.size() ? parse_escape(raw) : std::nullopt;
      if (!escaped) {
        return std::nullopt;
      }
      out += *escaped;
    }
    return std::nullopt;
  }

  /// What a backslash and the characters at `at_` stand for. Escapes by a character's name are "no
  /// literal".
  std::optional<std::string> parse_escape(bool raw) {
    constexpr std::string_view kNames = "\\'\"abfnrtv";
    constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
    const char c = text_[at_++];
    if (raw) {
      return std::string{'\\', c};
    }
    if (const auto found = kNames.find(c); found != std::string_view::npos) {
      return std::string(1, kValues[found]);
    }
    switch (c) {
      case '\n':
        return std::string();
      case 'N':
        return std::nullopt;
      case 'x':
        return parse_code_point(2, 16);
      case 'u':
        return parse_code_point(4, 16);
      case 'U':
        return parse_code_point(8, 16);
      default:
        break;
    }
    if (c >= '0' && c <= '7') {
      --at_;
      std::size_t length = 1;
      while (length < 3 && at_ + length < text_.size() && text_[at_ + length] >= '0' &&
             text_[at_ + length] <= '7') {
        ++length;
      }
      return parse_code_point(length, 8);
    }
    return std::string{'\\', c};
  }

  /// The character whose number stands in the next `length` digits.
  std::optional<std::string> parse_code_point(std::size_t length, int base) {
    const std::string_view digits = text_.substr(at_, length);
    std::uint32_t code = 0;
    const auto [end, status] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
    const bool whole =
        status == std::errc() && end == digits.data() + digits.size() && digits.size() == length;
    if (!whole || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
      return std::nullopt;
    }
    at_ += length;
    return to_utf8(code);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<Json> parse_python_literal(std::string_view text) {
  return LiteralParser(text).parse_all();
}

}  // namespace automodel::config
