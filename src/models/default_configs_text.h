#pragma once

#include <string_view>

namespace automodel::models {

/// The file default_configs.jsonl; the build makes the source of this function.
std::string_view default_configs_text();

}  // namespace automodel::models
