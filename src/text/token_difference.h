#pragma once
// Where two tokenizers cut texts otherwise.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"

namespace automodel::text {

/// The steps of a tokenizer.json that decide where a text is cut, without what changes offsets
/// alone.
Json cutting_steps(const Json& tokenizer);

/// The first of a few texts, among them one with each of `added` in it, of which the two tokenizers
/// make other tokens, as a text that shows both; empty if there is none. `by` says in it by what
/// the other one cuts.
std::string token_difference(const Tokenizer& used, const Tokenizer& other, std::string_view by,
                             const std::vector<std::string>& added = {});

}  // namespace automodel::text
