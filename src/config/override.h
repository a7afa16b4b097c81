#pragma once
// Recipe keys given on the command line: --a.b.c value, --a.b.c=value, --a.b.

#include <span>
#include <string>
#include <vector>

#include "config/node.h"

namespace automodel::config {

/// Puts overrides into an untyped tree. Missing mappings on the way are made and a scalar on the
/// way is replaced; whether the key exists at all is checked with the rest of the recipe. Throws
/// Error(invalid_argument) for an empty key part, a word that is no override, a list on the way, or
/// two that contradict each other.
Node apply_overrides(Node root, std::span<const std::string> overrides);

}  // namespace automodel::config
