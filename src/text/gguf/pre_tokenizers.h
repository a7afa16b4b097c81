#pragma once
// What the value of tokenizer.ggml.pre stands for.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace automodel::text {

/// How a byte-level vocabulary's text is prepared, as the original tokenizer.json says it.
struct GgufPreTokenizer {
  Json normalizer;  // null: none
  Json pre_tokenizer;
  bool ignore_merges = false;
  bool adds_bos = false;  // unless tokenizer.ggml.add_bos_token says otherwise
  bool adds_eos = false;  // the same of add_eos_token
};

/// "default" means GPT-2's expression. Throws Error(unsupported) that names the known values.
GgufPreTokenizer gguf_pre_tokenizer(std::string_view name, std::string_view source);

}  // namespace automodel::text
