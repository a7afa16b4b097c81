#pragma once
// The tokenizer inside a GGUF file, as the two files that a Hugging Face folder would hold.

#include <string_view>

#include "base/gguf_vocabulary.h"
#include "base/json.h"

namespace automodel::text {

struct GgufTokenizer {
  Json
      tokenizer;  // contents of tokenizer.json: Tokenizer::from_json and HF tokenizers both load it
  Json tokenizer_config;  // contents of tokenizer_config.json, with the chat template
};

/// Builds both files. `architecture` is the GGUF's general.architecture ("llama", "gemma3", ...).
/// Throws Error(unsupported) that names a `model` or `pre` that is not known, Error(corrupt_data)
/// if the lists do not fit together or an id is outside the vocabulary.
GgufTokenizer tokenizer_from_gguf(const GgufVocabulary& vocabulary, std::string_view architecture,
                                  std::string_view source);

}  // namespace automodel::text
