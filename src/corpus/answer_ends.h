#pragma once
// The tokens by which the chat templates of a data set end answers.

#include <cstdint>
#include <vector>

#include "config/recipe.h"
#include "data/text_context.h"

namespace automodel::corpus {

/// data::answer_end of the section, or of each of its parts, as far as a chat template renders its
/// rows; `used`: how rows without a template of their own become tokens. Each token once.
std::vector<std::int32_t> answer_ends(const config::Dataset& section,
                                      const data::TextContext& used);

}  // namespace automodel::corpus
