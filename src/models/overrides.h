#pragma once
// What a recipe says instead of a config.json.

#include "base/json.h"

namespace automodel::models {

/// The overrides with rope_theta, partial_rotary_factor and rope_scaling in rope_parameters if the
/// config has those: beside them nothing reads the older keys.
/// Throws Error(invalid_argument) if the config has parameters for each kind of layer, since it
/// is open which are meant.
Json rope_in_place(const Json& config, Json overrides);

/// config.json with the overrides merged in, nested; a null stands there as null, which is not the
/// default. A RoPE that names its type replaces the other's, see also rope_in_place. Names of
/// classes go where others are given, or there are to be more or fewer of them; entries of layers
/// that num_hidden_layers leaves out go, too.
Json with_overrides(Json config, const Json& overrides);

}  // namespace automodel::models
