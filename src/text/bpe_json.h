#pragma once
// The "model" of a tokenizer.json for vocabularies that come from other files.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace automodel::text {

/// {"token": id}; the ids are places in the list. Throws Error(corrupt_data), naming `where`, if a
/// token is there twice.
Json vocabulary_json(const std::vector<std::string>& tokens, std::string_view where);

/// The settings of a byte-pair encoding without an unknown token.
Json bpe_settings();
/// Byte-pair encoding; `settings` replaces members ("unk_token", "byte_fallback" ...).
Json bpe_json(Json vocabulary, Json merges, const Json& settings);

}  // namespace automodel::text
