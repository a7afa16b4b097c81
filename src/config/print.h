#pragma once
// The effective configuration as text.

#include <string>

#include "config/node.h"

namespace automodel::config {

/// A checked tree as YAML, one value a line, each with its origin ("# file", "# default"; see
/// to_string); with `lines` also the place: "# file 12:5". Read again as a recipe it gives the same
/// values, but for secrets (config/secret.h), which are masked.
std::string print_tree(const Node& tree, bool lines);

}  // namespace automodel::config
