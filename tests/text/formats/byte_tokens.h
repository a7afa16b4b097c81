#pragma once
// Small vocabularies of bytes.

#include <initializer_list>
#include <string>
#include <vector>

#include "tests/text/tokenizer/small.h"
#include "text/base64.h"
#include "text/formats/formats.h"

namespace automodel::text {

/// The 256 bytes as tokens, then `more`; a token's place is its rank.
inline std::vector<std::string> byte_tokens(std::initializer_list<std::string> more) {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) {
    tokens.emplace_back(1, static_cast<char>(byte));
  }
  tokens.insert(tokens.end(), more.begin(), more.end());
  return tokens;
}

inline Tokenizer tokenizer_of(const TokenizerFiles& files) {
  return load_tokenizer(files, "test").tokenizer;
}

}  // namespace automodel::text
