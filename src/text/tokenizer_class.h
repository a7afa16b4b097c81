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

/// Keys of tokenizer_config.json, which now says `config`, that have the file count in place of the
/// class `replaced`. Batches stay as that class makes them: Transformers before 5 gives
/// token_type_ids by kFileClass, which generate() refuses, and every version pads its texts on the
/// right.
Json file_class_keys(const Json& config, const std::string& replaced);

/// The class that AutoTokenizer takes for a tokenizer.json beside this tokenizer_config.json and
/// this config.json, without "Fast" at the end; empty where it takes the file as it is.
/// Source: transformers models/auto/tokenization_auto.py.
std::string tokenizer_class(const TokenizerConfig& config, const Json& model_config,
                            const Json& tokenizer);

}  // namespace automodel::text
