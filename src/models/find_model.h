#pragma once
// Where the model that a recipe or a command names lies on this machine.

#include <filesystem>
#include <string>

namespace automodel::models {

/// The whole model as a Hugging Face folder, in a checkpoint's folder model/.
inline constexpr const char* kConsolidated = "consolidated";

/// The folder or file that `name` stands for: a path as it is (with base/pointer.h followed); else
/// a hub id ("org/name") whose snapshot of `revision` (a branch, tag or commit) lies in the local
/// cache. Uses no network. Throws Error(not_found) that says where was looked and what to do.
std::filesystem::path find_model(const std::string& name, const std::string& revision = "main");

/// config.json in a model's folder; a path that is a file, as it is. Throws Error(not_found) that
/// says what a folder without one is instead: an adapter, a run, a checkpoint.
std::filesystem::path config_file(const std::filesystem::path& path);

/// The recipe of the run that wrote this checkpoint: a file in it. Empty if the folder is none.
std::filesystem::path checkpoint_recipe(const std::filesystem::path& folder);

}  // namespace automodel::models
