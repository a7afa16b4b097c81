#pragma once
// What tokenizer_config.json says about tokens, applied to a tokenizer.json.

#include <string>
#include <vector>

#include "base/json.h"
#include "text/tokenizer_config.h"

namespace automodel::text {

/// An entry as "added_tokens" has them, without the id.
struct ConfigToken {
  Json entry;               // content and flags
  bool is_special = false;  // to be marked special whatever the entry says
  bool sets_flags = false;  // replaces the flags that the token has in tokenizer.json
};

struct ConfigTokens {
  std::vector<ConfigToken> tokens;
  bool split_special = false;  // special tokens in a text are not looked for
};

/// added_tokens_decoder, the named special tokens (bos_token, ..., image_token), and the list of
/// those without names. Throws Error(corrupt_data) for values of another shape.
ConfigTokens config_tokens(const TokenizerConfig& config);

/// `tokenizer` with these tokens: named tokens are special; those that the vocabulary lacks get the
/// next free ids. `source` names it in errors. Source: transformers
/// tokenization_utils_tokenizers.py, TokenizersBackend.
Json with_config_tokens(Json tokenizer, const ConfigTokens& tokens, const std::string& source);

}  // namespace automodel::text
