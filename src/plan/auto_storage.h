#pragma once
// What "auto" means for the type of a model's weights, found without LibTorch.

#include <optional>

#include "config/recipe.h"
#include "plan/memory.h"

namespace automodel::plan {

/// As a run that loads this model would hold its weights: the type that config.json says, else that
/// of the first floating-point weight, in the order of the files' data. None if neither is here.
/// Throws as models::find_model and config_file; Error(corrupt_data) for damaged files.
/// Source: checkpoint::auto_dtype.
std::optional<Storage> auto_storage(const config::ModelSource& model);

}  // namespace automodel::plan
