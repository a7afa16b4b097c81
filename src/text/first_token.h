#pragma once
// A token that a tokenizer puts before every text.

#include <cstdint>
#include <string>

#include "base/json.h"

namespace automodel::text {

/// `tokenizer`, the content of a tokenizer.json, with a special token that is put before every text
/// (and the first of a pair), by its template or by one behind what else its post-processor does.
Json with_first_token(Json tokenizer, const std::string& token, std::int32_t id);

}  // namespace automodel::text
