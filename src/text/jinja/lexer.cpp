#include "text/jinja/lexer.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "text/jinja/number.h"
#include "text/jinja/print.h"
#include "text/jinja/scan.h"
#include "text/jinja/unicode.h"

namespace automodel::text::jinja {
namespace {

std::string normalize(std::string_view source) {
  std::string out = replace_all(replace_all(std::string(source), "\r\n", "\n"), "\r", "\n");
  if (out.ends_with('\n')) {
    out.pop_back();
  }
  return out;
}

class Lexer {
 public:
  Lexer(std::string source, std::string_view name) : source_(std::move(source)), name_(name) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) {
      root();
    }
    tokens_.push_back({TokenKind::end, line_, "", None{}});
    return std::move(tokens_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void error(fmt::format_string<Args...> text, Args&&... args) const {
    fail(ErrorKind::invalid_argument, "{}:{}: {}", name_, line_,
         fmt::format(text, std::forward<Args>(args)...));
  }

  std::string_view rest() const { return std::string_view(source_).substr(at_); }

  void push(TokenKind kind, std::string text) {
    tokens_.push_back({kind, line_, std::move(text), None{}});
  }

  // Moves on, counting lines.
  void advance(std::size_t bytes) {
    const std::string_view passed = rest().substr(0, bytes);
    line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    line_starting_ = passed.ends_with('\n');
    at_ += bytes;
  }

  static std::size_t find_tag(std::string_view text) {
    for (auto at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
      if (at + 1 < text.size() &&
          std::string_view("%{#").find(text[at + 1]) != std::string_view::npos) {
        return at;
      }
    }
    return std::string_view::npos;
  }

  void root() {
    const auto tag = find_tag(rest());
    if (tag == std::string_view::npos) {
      push(TokenKind::text, std::string(rest()));
      advance(rest().size());
      return;
    }
    const std::string_view behind = rest().substr(tag);
    const std::size_t raw = match_raw_begin(behind);
    const char kind = behind[1];
    const char sign = behind.size() > 2 && (behind[2] == '-' || behind[2] == '+') ? behind[2] : ' ';
    text_before_tag(rest().substr(0, tag), sign, kind == '{');
    if (raw > 0) {
      advance(raw);
      raw_text();
    } else if (kind == '#') {
      advance(sign == ' ' ? 2 : 3);
      comment();
    } else {
      tag_tokens(kind == '{', sign == ' ' ? 2 : 3);
    }
  }

  // The text in front of a tag, trimmed as the tag's sign and lstrip_blocks want.
  void text_before_tag(std::string_view text, char sign, bool variable) {
    std::string_view kept = text;
    if (sign == '-') {
      kept = trim_right(text);
    } else if (sign != '+' && !variable) {
      kept = without_indentation(text, line_starting_);
    }
    if (!kept.empty()) {
      push(TokenKind::text, std::string(kept));
    }
    advance(text.size());
  }

  void comment() {
    const auto end = rest().find("#}");
    if (end == std::string_view::npos) {
      error("Missing end of comment tag");
    }
    const char sign = end > 0 ? rest()[end - 1] : ' ';
    advance(end + 2);
    after_end(sign, true);
  }

  // Whitespace behind an end tag: all of it after '-', one newline after a block or comment.
  void after_end(char sign, bool trims_newline) {
    if (sign == '-') {
      advance(count_spaces(rest()));
    } else if (sign != '+' && trims_newline && rest().starts_with('\n')) {
      advance(1);
    }
  }

  void raw_text() {
    for (auto at = rest().find("{%"); at != std::string_view::npos;
         at = rest().find("{%", at + 1)) {
      const RawEnd end = match_raw_end(rest().substr(at));
      if (end.bytes > 0) {
        text_before_tag(rest().substr(0, at), end.begin_sign, false);
        advance(end.bytes);
        after_end(end.end_sign, true);
        return;
      }
    }
    error("Missing end of raw directive");
  }

  // The bytes of an end tag here, without the whitespace that it trims.
  std::size_t match_end(bool variable) const {
    const std::string_view text = rest();
    const std::string_view end = variable ? "}}" : "%}";
    if (text.starts_with(end)) {
      return 2;
    }
    const bool sign = !text.empty() && (text[0] == '-' || (text[0] == '+' && !variable));
    return sign && text.substr(1).starts_with(end) ? 3 : 0;
  }

  void tag_tokens(bool variable, std::size_t begin_bytes) {
    push(variable ? TokenKind::variable_begin : TokenKind::block_begin, "");
    advance(begin_bytes);
    std::string open;
    while (at_ < source_.size()) {
      const std::size_t end = open.empty() ? match_end(variable) : 0;
      if (end > 0) {
        const char sign = end == 3 ? rest()[0] : ' ';
        push(variable ? TokenKind::variable_end : TokenKind::block_end, "");
        advance(end);
        after_end(sign, !variable);
        return;
      }
      tag_token(open);
    }
  }

  void tag_token(std::string& open) {
    const char before = at_ > 0 ? source_[at_ - 1] : ' ';
    if (const auto spaces = count_spaces(rest()); spaces > 0) {
      advance(spaces);
    } else if (const auto real = before == '.' ? 0 : match_float(rest()); real > 0) {
      number(real, true);
    } else if (const auto integer = match_integer(rest()); integer > 0) {
      number(integer, false);
    } else if (const auto word = match_name(rest()); word > 0) {
      name(word);
    } else if (const auto quoted = match_string(rest()); quoted > 0) {
      string(quoted);
    } else {
      symbol(open);
    }
  }

  void number(std::size_t bytes, bool real) {
    const std::string digits = replace_all(std::string(rest().substr(0, bytes)), "_", "");
    const Value value =
        real ? Value(parse_float(digits).value_or(0)) : Value(parse_integer(digits, 0).value_or(0));
    tokens_.push_back({TokenKind::number, line_, digits, value});
    advance(bytes);
  }

  void name(std::size_t bytes) {
    const std::string_view word = rest().substr(0, bytes);
    const char32_t first = decode(word, 0).value;
    if (!is_alphabetic(first) && first != '_') {
      error("Invalid character in identifier {}", string_repr(word));
    }
    push(TokenKind::name, std::string(word));
    advance(bytes);
  }

  void string(std::size_t bytes) {
    try {
      push(TokenKind::string, unescape(rest().substr(1, bytes - 2)));
    } catch (const Error& reason) {
      fail(reason.kind(), "{}:{}: {}", name_, line_, reason.message());
    }
    advance(bytes);
  }

  void symbol(std::string& open) {
    static constexpr std::array<std::string_view, 26> kSymbols = {
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
        "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};
    const auto* const at = std::find_if(kSymbols.begin(), kSymbols.end(),
                                        [&](auto text) { return rest().starts_with(text); });
    if (at == kSymbols.end()) {
      const CodePoint point = decode(rest(), 0);
      error("unexpected char {} at {}", string_repr(rest().substr(0, point.bytes)), at_);
    }
    balance((*at)[0], open);
    push(TokenKind::op, std::string(*at));
    advance(at->size());
  }

  void balance(char c, std::string& open) const {
    constexpr std::string_view kOpening = "{([";
    constexpr std::string_view kClosing = "})]";
    if (const auto at = kOpening.find(c); at != std::string_view::npos) {
      open.push_back(kClosing[at]);
      return;
    }
    if (kClosing.find(c) == std::string_view::npos) {
      return;
    }
    if (open.empty()) {
      error("unexpected '{}'", c);
    }
    if (open.back() != c) {
      error("unexpected '{}', expected '{}'", c, open.back());
    }
    open.pop_back();
  }

  std::string source_;
  std::string_view name_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source, std::string_view name) {
  check(!find_invalid_utf8(source), ErrorKind::invalid_argument,
        "{}: the template is not valid UTF-8", name);
  return Lexer(normalize(source), name).run();
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::text:
      return "template data / text";
    case TokenKind::variable_begin:
      return "begin of print statement";
    case TokenKind::variable_end:
      return "end of print statement";
    case TokenKind::block_begin:
      return "begin of statement block";
    case TokenKind::block_end:
      return "end of statement block";
    case TokenKind::string:
      return "string";
    case TokenKind::end:
      return "end of template";
    default:
      return token.text;
  }
}

}  // namespace automodel::text::jinja
