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

/// Underscores may only separate digits; returns the text without them, or nothing.
std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_word(text[i - 1]) || !is_word(text[i + 1]) ||
               text[i + 1] == '_') {
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
  if (end != text.c_str() + text.size() || !(is_digit(text.back()) || text.back() == '.')) {
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
    const auto value = parse_number(number_token());
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
    const char quote = text_[at_];
    if (text_.substr(at_, 3) == std::string(3, quote)) {
      return std::nullopt;
    }
    ++at_;
    std::string out;
    while (at_ < text_.size() && text_[at_] != '\n') {
      const char c = text_[at_++];
      if (c == quote) {
        return out;
      }
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

  /// What a backslash and the character at `at_` stand for. Escapes by number or name are "no
  /// literal".
  std::optional<std::string> parse_escape(bool raw) {
    constexpr std::string_view kNames = "\\'\"abfnrtv";
    constexpr std::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
    const char c = text_[at_++];
    const auto found = kNames.find(c);
    if (!raw && found != std::string_view::npos) {
      return std::string(1, kValues[found]);
    }
    if (!raw && (is_digit(c) || c == 'x' || c == 'u' || c == 'U' || c == 'N')) {
      return std::nullopt;
    }
    return !raw && c == '\n' ? std::string() : std::string{'\\', c};
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
