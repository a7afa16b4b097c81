#pragma once
// What the manifest.json of a run says about its configuration.

#include <string_view>

#include "base/json.h"
#include "config/load.h"

namespace automodel::config {

/// "recipe", "overrides", "config" (every resolved value), "origins" (of each value that is no
/// default, by dotted path) and "secrets" (dotted paths of values that are left out).
Json manifest_config(const LoadedRecipe& loaded);

/// The manifest that `text` is; null if it is something else, such as a recipe.
Json parse_manifest(std::string_view text);

/// The configuration of a manifest. Throws Error(corrupt_data) if it holds none.
Node manifest_tree(const Json& manifest);

}  // namespace automodel::config
