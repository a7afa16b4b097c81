#pragma once
// Steps of a tokenizer.json, as the classes of Transformers put them together.

#include <string>
#include <string_view>

#include "base/json.h"

namespace automodel::text::class_steps {

Json byte_level(bool add_prefix_space, bool use_regex = true);
Json metaspace(std::string_view prepend_scheme, bool split);
Json split(Json pattern, std::string_view behavior);
Json bert_normalizer(bool lowercase, bool handle_chinese_chars, Json strip_accents);
Json replace(std::string_view from, std::string_view to);
Json pre_tokenizers(Json steps);

/// Blanks for ▁; with `strips` the first one is the tokenizer's own and goes.
Json llama_decoder(bool strips);

/// Pieces of a template.
Json special(const std::string& token, int type_id = 0);
Json text(const char* name, int type_id = 0);
/// A template without its tokens' ids: with_special_ids puts them in.
Json around(Json single, Json pair);
/// begin A end, and for a pair begin A end end B end, as Roberta has it.
Json around_both(const Json& begin, const Json& end);

}  // namespace automodel::text::class_steps
