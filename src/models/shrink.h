#pragma once
// A model of the same kind that is tiny.

#include <string>

#include "base/json.h"

namespace automodel::models {

/// A config.json of the same type with 4 layers, width 64, 4 heads, 8 experts and a vocabulary of
/// 512, each if it is not less already: below a few million parameters. Lists with an entry for
/// each layer are cut.
Json shrink_config(const Json& config);

/// The model type, perhaps an unsupported one, that a hub id names by the look of it
/// ("meta-llama/Llama-3.2-1B" is "llama"); empty if it does not say.
std::string type_of_name(const std::string& name);

}  // namespace automodel::models
