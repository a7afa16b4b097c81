#pragma once
// Template source to tokens, with jinja2's trim_blocks and lstrip_blocks on.

#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/value.h"

namespace automodel::text::jinja {

enum class TokenKind {
  text,
  variable_begin,
  variable_end,
  block_begin,
  block_end,
  name,
  string,
  number,
  op,
  end
};

struct Token {
  TokenKind kind = TokenKind::end;
  int line = 1;
  std::string text;  // of text, name and op as written, of string unescaped
  Value number;
};

/// `name` stands for the template in errors. The last token is of kind `end`.
/// Throws Error(invalid_argument) "name:line: ...".
std::vector<Token> tokenize(std::string_view source, std::string_view name);
/// As error texts call the token.
std::string describe(const Token& token);
/// The text of a string literal between its quotes, with the escapes of Python's unicode-escape.
/// Throws Error(invalid_argument) on a bad escape.
std::string unescape(std::string_view literal);

}  // namespace automodel::text::jinja
