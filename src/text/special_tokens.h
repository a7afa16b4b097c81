#pragma once
// Which keys of tokenizer_config.json and special_tokens_map.json are special tokens. Source:
// transformers 5, tokenization_utils_base.py, _from_pretrained.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace automodel::text {

/// The names that every tokenizer has.
inline constexpr auto kSpecialTokenNames = std::to_array<std::string_view>(
    {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"});

/// The special tokens with names of the model's own, e.g. image_token: other keys that end in
/// "_token", and those that extra_special_tokens names if it is an object.
Json model_tokens(const Json& config);

/// Their texts.
std::map<std::string, std::string> model_token_texts(const Json& config);

/// The key with the list of the special tokens without names: extra_special_tokens or, where that
/// is empty or an object, additional_special_tokens. None if there is neither.
std::optional<std::string> special_list_key(const Json& config);

/// tokenizer_config.json with what special_tokens_map.json says. Where the first one lists its
/// added tokens, Transformers does not look into the second; else the second one counts, save for
/// texts under names of the model's own and for a second list additional_special_tokens.
Json with_special_tokens_map(Json config, const Json& map);

/// tokenizer_config.json, which already has what special_tokens_map.json says, with the tokens of
/// added_tokens.json (text to id) as added_tokens_decoder, unless it has one. `listed` are the
/// added_tokens of tokenizer.json, which count for the ids that they have.
Json with_added_tokens(Json config, const Json& added, const Json& listed);

}  // namespace automodel::text
