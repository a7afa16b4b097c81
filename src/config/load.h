#pragma once
// From a recipe file to a Recipe.

#include <span>
#include <string>
#include <vector>

#include "config/interpolate.h"
#include "config/node.h"
#include "config/not_built.h"
#include "config/override.h"
#include "config/recipe.h"

namespace automodel::config {

struct LoadedRecipe {
  Recipe recipe;
  /// As given.
  std::string path;
  std::vector<std::string> overrides;
  /// What should be seen but is no error: dead sections, settings without effect here.
  std::vector<std::string> warnings;
  /// What the recipe asks for that is not built yet.
  std::vector<std::string> not_built;
  /// Every resolved value with its origin; print_tree (config/print.h) makes text of it.
  Node tree;
  /// The manifest.json that was given instead of a recipe; null for a recipe.
  Json manifest;
};

/// Reads and checks a recipe file, or the manifest.json of an earlier run, whose configuration then
/// counts. Reads no weights, no data and no network.
/// Throws Error(invalid_argument) that lists every problem with file:line:column and dotted path;
/// Error(unsupported) for a kind of recipe of which nothing is built; Error(not_found | io).
LoadedRecipe check_recipe(const std::string& path, std::span<const std::string> overrides = {},
                          const Environment& environment = process_environment());

/// As check_recipe, for a run: throws Error(unsupported) if anything is not built.
LoadedRecipe load_recipe(const std::string& path, std::span<const std::string> overrides = {},
                         const Environment& environment = process_environment());

}  // namespace automodel::config
