#pragma once
// Questions that a model's chat template does not write.

#include <optional>

#include "config/recipe.h"
#include "data/text_checks.h"

namespace automodel::corpus {

/// data::Check::template_unused: the section, or one of its parts, has questions and leaves the
/// chat template of `used` out, by which whoever uses the model asks.
std::optional<data::FailedTextCheck> unused_template(const config::Dataset& section,
                                                     const data::TextContext& used);

}  // namespace automodel::corpus
