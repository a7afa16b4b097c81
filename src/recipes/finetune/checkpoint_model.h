#pragma once
// The model of a run as one of its checkpoints has it.

#include <filesystem>
#include <optional>

#include "recipes/finetune/run_model.h"

namespace automodel::recipes {

/// Loads the model that the checkpoint's config.yaml names, on the CPU, and puts in what was
/// trained. The base model is needed again, the data are not: what they call the classes is kept in
/// the checkpoint's manifest. Relative paths count from the working folder. Throws
/// Error(corrupt_data) if a file of the checkpoint is damaged or does not fit the model, as
/// check_base if it is an adapter's of another base, else as config::load_recipe and
/// load_run_model.
RunModel load_checkpoint_model(const std::filesystem::path& checkpoint);

/// What the run changed of its base's config.json, if the adapter lies in a checkpoint (model/);
/// nothing for an adapter by itself. Throws as config::check_recipe.
std::optional<Json> overrides_beside(const std::filesystem::path& adapter);

/// The id2label of the run, wherever its names came from, as an override of the base's config.json;
/// empty for an adapter by itself and where the classes have no names.
Json class_names_beside(const std::filesystem::path& adapter);

}  // namespace automodel::recipes
