#pragma once
// The parser's view of the tokens.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/jinja/lexer.h"

namespace automodel::text::jinja {

class TokenStream {
 public:
  TokenStream(std::vector<Token> tokens, std::string name)
      : tokens_(std::move(tokens)), name_(std::move(name)) {}

  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  /// Returns the current token and moves on; stays at the last.
  const Token& next();

  bool at(TokenKind kind) const { return current().kind == kind; }
  bool at_op(std::string_view op) const { return is(current(), TokenKind::op, op); }
  bool at_name(std::string_view name) const { return is(current(), TokenKind::name, name); }
  bool skip_op(std::string_view op);
  bool skip_name(std::string_view name);
  /// Throw Error(invalid_argument) "expected token ..., got ...".
  const Token& expect(TokenKind kind, std::string_view called);
  void expect_op(std::string_view op);

  static bool is(const Token& token, TokenKind kind, std::string_view text) {
    return token.kind == kind && token.text == text;
  }

  const std::string& name() const { return name_; }
  template <typename... Args>
  [[noreturn]] void error(int line, fmt::format_string<Args...> text, Args&&... args) const {
    fail(ErrorKind::invalid_argument, "{}:{}: {}", name_, line,
         fmt::format(text, std::forward<Args>(args)...));
  }

 private:
  std::vector<Token> tokens_;
  std::string name_;
  std::size_t at_ = 0;
};

}  // namespace automodel::text::jinja
