#pragma once
// Recipe keys given on the command line: --a.b.c value, --a.b.c=value, --a.b.

#include <span>
#include <string>
#include <vector>

#include "config/node.h"

namespace automodel::config {

struct SplitArguments {
  std::vector<std::string> own;
  std::vector<std::string> overrides;
};

/// Separates a command's own arguments from overrides of recipe keys. A word "--name" that is not
/// in `options` (names with dashes, e.g. "--print-config") is an override: "--a.b=v", "--a.b v", or
/// bare "--a.b" for true; a next word that starts with "--" is not its value.
SplitArguments split_overrides(std::span<const std::string> arguments,
                               std::span<const std::string> options);

/// Puts overrides into an untyped tree, later ones over earlier ones. Missing mappings on the way
/// are made and a scalar on the way is replaced; whether the key exists at all is checked with the
/// rest of the recipe. Throws Error(invalid_argument) for an empty key part, a word that is no
/// override, or a list on the way.
Node apply_overrides(Node root, std::span<const std::string> overrides);

}  // namespace automodel::config
