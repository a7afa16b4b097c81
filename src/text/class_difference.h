#pragma once
// Where the class of a tokenizer cuts texts otherwise than its tokenizer.json says.

#include <optional>
#include <string>

#include "base/json.h"
#include "text/tokenizer.h"

namespace automodel::text {

/// The steps of a tokenizer.json that decide where a text is cut, without what changes offsets
/// alone.
Json cutting_steps(const Json& tokenizer);

/// The first of a few texts, one of them with `special` in it, of which the two tokenizers make
/// other tokens, as a text that shows both; empty if there is none.
std::string class_difference(const Tokenizer& by_class, const Tokenizer& by_file,
                             const std::optional<std::string>& special);

}  // namespace automodel::text
