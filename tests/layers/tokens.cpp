#include "tests/layers/tokens.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace automodel::layers {
namespace {

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Longest first. ">>" is not among them: it mostly closes two template argument lists.
constexpr std::array<std::string_view, 19> kOperators = {
    "<=>", "<<=", "...", "::", "->", "<<", "<=", ">=", "==", "!=",
    "&&",  "||",  "+=",  "-=", "*=", "/=", "|=", "&=", "++"};

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  Tokens run() {
    while (position_ < text_.size()) {
      step();
    }
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[position_];
    if (c == '\n') {
      line_start_ = true;
      advance(1);
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      advance(1);
    } else if (starts_with("//")) {
      advance_to(text_.find('\n', position_));
    } else if (starts_with("/*")) {
      advance_past("*/", 2);
    } else if (c == '#' && line_start_) {
      preprocessor_line();
    } else {
      line_start_ = false;
      token(c);
    }
  }

  void token(char c) {
    if (is_word_char(c)) {
      word(is_digit(c));
    } else if (c == '"' || c == '\'') {
      literal(c);
    } else {
      const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                       [&](std::string_view op) { return starts_with(op); });
      push(std::string(found == kOperators.end() ? text_.substr(position_, 1) : *found));
    }
  }

  void word(bool number) {
    std::size_t end = position_;
    while (end < text_.size() && (is_word_char(text_[end]) || (number && is_number_mark(end)))) {
      ++end;
    }
    const std::string_view found = text_.substr(position_, end - position_);
    const bool string_follows = end < text_.size() && text_[end] == '"';
    if (string_follows && (found == "R" || found == "u8R" || found == "LR")) {
      raw_string(end + 1);
    } else {
      push(std::string(found));
    }
  }

  /// "1.5" and "1'000" are one number.
  bool is_number_mark(std::size_t at) const {
    const bool quote = text_[at] == '\'' && at + 1 < text_.size() && is_word_char(text_[at + 1]);
    return text_[at] == '.' || quote;
  }

  void literal(char quote) {
    const int first_line = line_;
    advance(1);
    while (position_ < text_.size() && text_[position_] != quote) {
      advance(text_[position_] == '\\' ? 2 : 1);
    }
    advance(1);
    out_.tokens.push_back({"\"\"", first_line});
  }

  void raw_string(std::size_t delimiter_begin) {
    const int first_line = line_;
    const std::size_t open = std::min(text_.find('(', delimiter_begin), text_.size());
    const std::string close =
        ")" + std::string(text_.substr(delimiter_begin, open - delimiter_begin)) + "\"";
    advance_to(open);
    advance_past(close, 0);
    out_.tokens.push_back({"\"\"", first_line});
  }

  void preprocessor_line() {
    std::size_t end = text_.find('\n', position_);
    while (end != std::string_view::npos && text_[end - 1] == '\\') {
      end = text_.find('\n', end + 1);
    }
    end = std::min(end, text_.size());
    include(text_.substr(position_ + 1, end - position_ - 1));
    advance_to(end);
  }

  void include(std::string_view directive) {
    const std::size_t name = directive.find_first_not_of(" \t");
    if (name == std::string_view::npos || !directive.substr(name).starts_with("include")) {
      return;
    }
    const std::size_t open = directive.find_first_of("\"<", name);
    if (open == std::string_view::npos) {
      return;
    }
    const bool quoted = directive[open] == '"';
    const std::size_t close = directive.find(quoted ? '"' : '>', open + 1);
    out_.includes.push_back(
        {std::string(directive.substr(open + 1, close - open - 1)), quoted, line_});
  }

  bool starts_with(std::string_view prefix) const {
    return text_.substr(position_).starts_with(prefix);
  }

  void push(std::string text) {
    const std::size_t size = text.size();
    out_.tokens.push_back({std::move(text), line_});
    advance(size);
  }

  void advance(std::size_t count) { advance_to(position_ + count); }

  void advance_past(std::string_view end, std::size_t from) {
    const std::size_t found = text_.find(end, std::min(position_ + from, text_.size()));
    advance_to(found == std::string_view::npos ? found : found + end.size());
  }

  void advance_to(std::size_t end) {
    end = std::min(end, text_.size());
    const auto skipped = text_.substr(position_, end - position_);
    line_ += static_cast<int>(std::count(skipped.begin(), skipped.end(), '\n'));
    position_ = end;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  int line_ = 1;
  bool line_start_ = true;
  Tokens out_;
};

}  // namespace

Tokens tokenize(std::string_view text) { return Tokenizer(text).run(); }

bool is_word(std::string_view token) { return !token.empty() && is_word_char(token.front()); }

}  // namespace automodel::layers
