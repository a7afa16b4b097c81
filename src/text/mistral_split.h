#pragma once
// The expression at which Mistral's models split a text into words, and the one that Transformers
// before 5 wrote into their tokenizer.json instead. Source: transformers
// tokenization_utils_tokenizers.py, _patch_mistral_regex.

#include <string>

#include "base/json.h"
#include "text/tokenizer.h"

namespace automodel::text {

/// How the tokenizer of a folder with such a tokenizer.json splits, which fix_mistral_regex
/// decides.
struct MistralSplit {
  /// By the models' expression, not by the file's.
  bool is_fixed = false;
  /// A text of which the models' expression makes other tokens; empty: there is none, or it has
  /// been decided.
  std::string difference = {};
};

/// Whether Transformers heeds fix_mistral_regex for this tokenizer beside this config.json (null:
/// there is none), and it changes something.
bool heeds_mistral_fix(const Tokenizer& tokenizer, const Json& model_config);

/// `tokenizer`, the content of a tokenizer.json, with the models' expression in place of its first
/// pre-tokenizer, or before a single one.
Json with_mistral_split(Json tokenizer);
Tokenizer with_mistral_split(const Tokenizer& tokenizer);

}  // namespace automodel::text
