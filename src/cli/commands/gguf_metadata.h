#pragma once
// The tokenizer of a GGUF file from a JSON dump of its metadata.

#include <string_view>

#include "base/json.h"
#include "text/gguf_tokenizer.h"

namespace automodel::cli {

/// True for an object with the key "tokenizer.ggml.model".
bool is_gguf_metadata(const Json& json);

/// `metadata` maps GGUF's keys ("general.architecture", "tokenizer.ggml.tokens", ...) to their
/// values. Throws Error(corrupt_data) for values of another type, else as
/// text::tokenizer_from_gguf.
text::TokenizerFiles tokenizer_from_metadata(const Json& metadata, std::string_view source);

}  // namespace automodel::cli
