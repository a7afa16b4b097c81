#pragma once
// Tokenizers that a class of Transformers builds from the vocabulary, whatever else tokenizer.json
// says.

#include <string>

#include "base/json.h"
#include "text/tokenizer_config.h"

namespace automodel::text {

/// What a class is built of: tokenizer.json with the class's steps in place of its own, and the
/// settings with the special tokens that the class has where they are silent.
struct ClassTokenizer {
  Json tokenizer;
  TokenizerConfig config;
  bool is_built = false;  // false: both are as they were
};

/// The tokenizer that the class `name` (see tokenizer_class.h) makes of the two files. An empty
/// name and names that Transformers has not leave them as they are.
/// Throws Error(unsupported) for classes whose steps are not known here, Error(corrupt_data) for a
/// vocabulary or a setting of another kind. Source: transformers models/*/tokenization_*.py.
ClassTokenizer with_class_settings(const std::string& name, Json tokenizer, TokenizerConfig config);

/// `tokenizer` with the ids of the special tokens that the class puts around texts, once all tokens
/// are in it. Throws Error(corrupt_data) for one that is no token; `source` names the file.
Json with_special_ids(Json tokenizer, const std::string& source);

}  // namespace automodel::text
