#pragma once
// The tokenizer of a GGUF file as plain values: module tensor reads the file, module text makes a
// tokenizer of them.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace automodel {

/// Values by key ("general.architecture", "tokenizer.ggml.tokens", ...). Integers, floats, bools,
/// strings and lists keep their kind; float32 become the same number in double. Strings are bytes:
/// a vocabulary's need not be UTF-8.
using GgufMetadata = std::map<std::string, Json, std::less<>>;

/// The "tokenizer.*" metadata; the names follow its keys.
struct GgufVocabulary {
  std::string model;                // tokenizer.ggml.model: "gpt2", "llama", "bert", "t5", ...
  std::string pre;                  // tokenizer.ggml.pre: names the pre-tokenizer of model "gpt2"
  std::vector<std::string> tokens;  // tokenizer.ggml.tokens; the index is the id
  std::vector<float> scores;        // empty or one per token
  std::vector<std::int32_t> token_types;  // empty or one per token: 1 normal, 2 unknown, 3 control,
                                          // 4 user-defined, 5 unused, 6 byte
  std::vector<std::string> merges;        // "left right"
  std::optional<std::int32_t> bos_id, eos_id, pad_id, unk_id, sep_id, cls_id, mask_id;
  std::optional<bool> add_bos, add_eos, add_sep, add_space_prefix, remove_extra_whitespaces;
  std::optional<bool> lowercase, strip_accents;  // of model "bert"; true unless said
  std::string precompiled_charsmap;  // sentencepiece's table of replacements, as its bytes
  /// "default" (tokenizer.chat_template) and the named ones (tokenizer.chat_template.NAME).
  std::map<std::string, std::string> chat_templates;
};

/// The keys "tokenizer.*" as plain values. Whether they fit together is for the tokenizer to say.
/// `source` names the file in errors. Throws Error(not_found) if there is no vocabulary,
/// Error(corrupt_data) for values of another type.
GgufVocabulary read_gguf_vocabulary(const GgufMetadata& metadata, std::string_view source);

}  // namespace automodel
