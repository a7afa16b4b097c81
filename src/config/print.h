#pragma once
// The effective configuration as text.

#include <string>

#include "config/node.h"

namespace automodel::config {

/// A checked tree as YAML, one value a line, each with "# file", "# override", "# environment" or
/// "# default"; with `lines` also the place: "# file 12:5". Read again as a recipe it gives the
/// same values. Values of keys whose name holds password, secret, token (but not tokens or
/// tokenizer), api_key or auth are masked.
std::string print_tree(const Node& tree, bool lines);

}  // namespace automodel::config
