#pragma once
// What a config.json means, as text that a person reads.

#include <string>

#include "base/json.h"

namespace automodel::models {

/// The spec, its parameter counts, and for each key of the config whether it was used, which
/// defaults hold for absent ones, and which have no effect. Throws as read_config.
std::string describe(const Json& config, const std::string& source);

/// One line per supported type: name, parameters of its default configuration, kinds of blocks.
std::string describe_families();

/// The same as an array of objects: model_type, architecture, parameters, active, kinds.
Json families_json();

}  // namespace automodel::models
