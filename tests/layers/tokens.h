#pragma once
// C++ source text as tokens, just exact enough to find functions: comments, literals' contents and
// preprocessor lines are gone, includes are listed beside.

#include <string>
#include <string_view>
#include <vector>

namespace automodel::layers {

struct Token {
  std::string text;  // a string or character literal is the single token "\"\""
  int line = 0;      // from 1
};

struct Include {
  std::string path;
  bool quoted = false;  // "path" rather than <path>
  int line = 0;
};

struct Tokens {
  std::vector<Token> tokens;
  std::vector<Include> includes;
};

/// Splits a translation unit or header. Never fails: unterminated literals end with the text.
Tokens tokenize(std::string_view text);

/// True for identifiers, keywords and numbers.
bool is_word(std::string_view token);

}  // namespace automodel::layers
