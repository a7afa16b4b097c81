#pragma once
// docs/recipe.md, made from the key table.

#include <string>

namespace automodel::config {

/// The whole page as Markdown.
std::string reference();

}  // namespace automodel::config
