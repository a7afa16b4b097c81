#pragma once
// What tokenizer_config.json says about splitting and spelling, applied to a tokenizer.json.

#include "base/json.h"
#include "text/tokenizer_config.h"

namespace automodel::text {

/// `tokenizer` with those of these keys that `config` has and its tokenizer_class heeds:
/// - do_lower_case, strip_accents, tokenize_chinese_chars of the Bert family, where the normalizer
///   is a BertNormalizer;
/// - add_prefix_space of the classes that split into bytes (GPT2Tokenizer, Qwen2Tokenizer ...),
///   where the pre-tokenizer is or holds a ByteLevel.
/// Other classes, as PreTrainedTokenizerFast, take the file as it is. Throws Error(corrupt_data)
/// for a value of another kind. Source: transformers models/*/tokenization_*.py.
Json with_class_settings(Json tokenizer, const TokenizerConfig& config);

}  // namespace automodel::text
