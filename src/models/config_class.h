#pragma once
// Architectures that a recipe takes from a configuration class of Transformers.

#include <filesystem>
#include <string>

namespace automodel::models {

/// A folder with the config.json that the class has without arguments, e.g. "Qwen3MoeConfig"; kept
/// in the program's cache. Throws Error(unsupported) for a class whose model type is not supported.
std::filesystem::path folder_of_class(const std::string& config_class);

}  // namespace automodel::models
