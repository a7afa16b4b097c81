#pragma once
// From a checked tree to the typed recipe.

#include "config/node.h"
#include "config/recipe.h"

namespace automodel::config {

/// Reads a tree without problems; every key that is read has a value by then.
Recipe extract_recipe(const Node& tree);

}  // namespace automodel::config
