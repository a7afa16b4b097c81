#pragma once
// From a recipe file to a Recipe.

#include <map>
#include <span>
#include <string>
#include <vector>

#include "config/recipe.h"

namespace automodel::config {

using Environment = std::map<std::string, std::string>;

/// The variables of this process.
Environment process_environment();

/// Separates a command's own arguments from overrides of recipe keys. A word "--name" that is not
/// in `options` (names with dashes, e.g. "--print-config") is an override: "--a.b=v", "--a.b v", or
/// bare "--a.b" for true; a next word that starts with
/// "--" is not its value.
struct SplitArguments {
  std::vector<std::string> own;
  std::vector<std::string> overrides;
};
SplitArguments split_overrides(std::span<const std::string> arguments,
                               std::span<const std::string> options);

struct LoadedRecipe {
  Recipe recipe;
  /// What should be seen but is no error: dead sections, settings without effect here.
  std::vector<std::string> warnings;
  /// What the recipe asks for that is not built yet.
  std::vector<std::string> not_built;
  /// The effective configuration as YAML, each value with its origin (file, override, environment
  /// or default).
  std::string print;
};

/// Reads and checks a recipe file. Reads no weights, no data and no network.
/// Throws Error(invalid_argument) that lists every problem with file:line:column and dotted path;
/// Error(not_found | io).
LoadedRecipe check_recipe(const std::string& path, std::span<const std::string> overrides = {},
                          const Environment& environment = process_environment());

/// As check_recipe, for a run: throws Error(unsupported) if not_built is not empty.
LoadedRecipe load_recipe(const std::string& path, std::span<const std::string> overrides = {},
                         const Environment& environment = process_environment());

}  // namespace automodel::config
