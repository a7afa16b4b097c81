#pragma once
// The tokenizer of a GGUF file's vocabulary.

#include <string_view>

#include "tests/text/tokenizer/small.h"
#include "text/gguf_tokenizer.h"

namespace automodel::text {

inline Tokenizer tokenizer_of(const GgufVocabulary& v, std::string_view architecture = "llama") {
  return make(tokenizer_from_gguf(v, architecture, "m.gguf").tokenizer);
}

}  // namespace automodel::text
