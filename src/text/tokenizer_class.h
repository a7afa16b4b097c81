#pragma once
// Which class Transformers takes for a folder's tokenizer.

#include <string>
#include <string_view>

#include "base/json.h"
#include "text/tokenizer_config.h"

namespace automodel::text {

/// A name of tokenizer_class that has the file count, beside a model of any type but those that
/// have a class of their own whatever is named (Qwen2's).
inline constexpr std::string_view kFileClass = "PreTrainedTokenizerFast";

/// The class that AutoTokenizer takes for a tokenizer.json beside this tokenizer_config.json and
/// this config.json, without "Fast" at the end; empty where it takes the file as it is.
/// Source: transformers models/auto/tokenization_auto.py.
std::string tokenizer_class(const TokenizerConfig& config, const Json& model_config,
                            const Json& tokenizer);

}  // namespace automodel::text
