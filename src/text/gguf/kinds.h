#pragma once
// The kinds of vocabulary that a GGUF file may hold (tokenizer.ggml.model), one source each.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/gguf_vocabulary.h"
#include "base/json.h"

namespace automodel::text {

/// What a kind of vocabulary says about its tokenizer.json.
struct GgufParts {
  Json normalizer, pre_tokenizer, decoder, model;
  /// The tokens as tokenizer.json spells them.
  std::vector<std::string> tokens;
  /// Whether tokens are added around a text where the file does not say.
  bool adds_first = false, adds_last = false;
  /// What is added there; bos and eos by default.
  std::optional<std::int32_t> first, last;
};

/// A vocabulary whose lists have been checked to fit together, and where it comes from.
struct GgufSource {
  const GgufVocabulary& vocabulary;
  std::string_view architecture;  // "llama", "gemma3", ...
  std::string_view name;          // of the file, for errors

  bool is_gemma() const { return architecture.starts_with("gemma"); }
};

GgufParts byte_level_parts(const GgufSource& source);            // "gpt2"
GgufParts sentence_piece_parts(const GgufSource& source);        // "llama"
GgufParts sentence_piece_with_merges(const GgufSource& source);  // "gemma4"
GgufParts unigram_parts(const GgufSource& source);               // "t5"
GgufParts word_piece_parts(const GgufSource& source);            // "bert"

/// vocabulary_json of a file's tokens.
Json gguf_vocabulary_json(const std::vector<std::string>& tokens, const GgufSource& source);
/// The merges as pairs. Throws Error(corrupt_data) if one is not two tokens.
Json gguf_merges(const GgufSource& source);

}  // namespace automodel::text
