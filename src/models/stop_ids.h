#pragma once
// The tokens that end an answer, as a model's own files say.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/json.h"

namespace automodel::models {

/// eos_token_id (one or several) of `overrides`, what a recipe says in place of both files, else of
/// generation_config.json in `folder`, else of `config`, the model's config.json; empty if none
/// names one. Throws Error(corrupt_data) for another type.
std::vector<std::int32_t> stop_ids(const std::filesystem::path& folder, const Json& config,
                                   const Json& overrides = Json::object());

}  // namespace automodel::models
