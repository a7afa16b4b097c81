#pragma once
// What module tensor reads from a GGUF file and module text makes a tokenizer of.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace automodel {

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

}  // namespace automodel
