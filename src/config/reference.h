#pragma once
// docs/recipe.md, made from the key table.

#include <string>
#include <vector>

namespace automodel::config {

/// The whole page as Markdown.
std::string reference();

/// The dotted paths of all keys that recipes may set, sorted: "optimizer", "optimizer.lr", ...
std::vector<std::string> recipe_paths();

}  // namespace automodel::config
