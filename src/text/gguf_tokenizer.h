#pragma once
// The tokenizer inside a GGUF file, as the two files that a Hugging Face folder would hold.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace automodel::text {

/// The "tokenizer.*" metadata of a GGUF file as plain values; the names follow its keys.
struct GgufVocabulary {
  std::string model;                // tokenizer.ggml.model: "gpt2", "llama", ...
  std::string pre;                  // tokenizer.ggml.pre: names the pre-tokenizer of model "gpt2"
  std::vector<std::string> tokens;  // tokenizer.ggml.tokens; the index is the id
  std::vector<float> scores;        // empty or one per token
  std::vector<std::int32_t> token_types;  // empty or one per token: 1 normal, 2 unknown, 3 control,
                                          // 4 user-defined, 5 unused, 6 byte
  std::vector<std::string> merges;        // "left right"
  std::optional<std::int32_t> bos_id, eos_id, pad_id, unk_id;
  std::optional<bool> add_bos, add_eos, add_space_prefix;
  std::optional<std::string> chat_template;
};

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
