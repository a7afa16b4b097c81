#pragma once
// Architectures that a recipe takes from a configuration class of Transformers.

#include <filesystem>
#include <string>

#include "base/json.h"

namespace automodel::models {

/// A folder with the config.json that the class, e.g. "Qwen3MoeConfig", has with these keyword
/// arguments, kept in the program's cache; keys that the class would compute are left to the
/// family. Throws Error(unsupported) for a class whose model type is not supported.
std::filesystem::path folder_of_class(const std::string& config_class,
                                      const Json& arguments = Json::object());

}  // namespace automodel::models
