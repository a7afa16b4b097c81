#pragma once
// `--smoke`: tries a recipe in seconds.

#include <filesystem>
#include <string>
#include <vector>

#include "base/exit_code.h"
#include "config/load.h"

namespace automodel::recipes {

/// Makes the recipe small: the model shrunk and fresh, made-up data, one process, 3 steps, all
/// files in `folder`. Everything else stays: adapters, loss, packing, optimizer, schedule, saving,
/// validation. Returns what was changed, as lines. Throws as write_mock_model.
std::vector<std::string> make_small(config::Recipe& recipe, const std::filesystem::path& folder);

/// Runs the recipe so, in a temporary folder that is removed. Throws Error(unsupported) that lists
/// the features it waits for; more processes and data on the hub are none of them.
ExitCode run_smoke(config::LoadedRecipe loaded);

}  // namespace automodel::recipes
