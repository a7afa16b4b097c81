#pragma once
// manifest.json of a run: what it was asked to do, on what, with which program and machine.

#include <string>
#include <vector>

#include "config/load.h"
#include "recipes/finetune/run_data.h"
#include "recipes/finetune/run_model.h"

namespace automodel::recipes {

/// config::manifest_config and: "time", "folder" (from which relative paths count), "software",
/// "machine", "environment" (variables that change arithmetic), "git" (of that folder), "model"
/// (fingerprints of its files), "data" (rows and content of each data set), "sample" (the first
/// row), "results" (null until the run is over). The run adds "watchers".
Json make_manifest(const config::LoadedRecipe& loaded, const RunModel& run, const RunData& data,
                   int num_threads);

/// RunState::ground of the run with this manifest: "data" (rows, content), "order" (what decides
/// it), "config" (the model's), "settings" (what else decides the training), "dataset" (how its
/// rows are read), and beside adapters "base" (checkpoint::base_files).
Json ground_of(const config::Recipe& recipe, const RunModel& run, const RunData& data,
               const Json& manifest);

/// That of the last start of the run; an empty object if there is none. Throws
/// Error(corrupt_data) for what is no manifest.
Json read_manifest(const config::Recipe& recipe);

/// Writes it into the folder of the run's checkpoints. Throws Error(io).
void write_manifest(const config::Recipe& recipe, const Json& manifest);

/// What keeps this run from repeating bit for bit the one whose manifest was given as its recipe;
/// nothing if none was (null).
std::vector<std::string> differences_from(const Json& earlier, const Json& manifest);

}  // namespace automodel::recipes
