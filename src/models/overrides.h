#pragma once
// What a recipe says instead of a config.json.

#include "base/json.h"

namespace automodel::models {

/// The overrides in the config's own terms. Keys have the family's own name ("n_embd" for
/// "hidden_size"), unless the config has the common one. rope_theta, partial_rotary_factor and
/// rope_scaling are in rope_parameters if the config has those, since beside them nothing reads the
/// older keys; a rope_scaling of null there is RoPE without scaling. Throws Error(invalid_argument)
/// where the model has a RoPE for each kind of layer and an override names no kind, since it is
/// open which one is meant, and for a null of a key that neither the config has nor any of Hugging
/// Face's.
Json fit_overrides(const Json& config, Json overrides);

/// config.json with the overrides merged in, nested; a null stands there as null, which is not the
/// default. A RoPE that names its type replaces the other's but for theta and the turned part; see
/// also fit_overrides. Names of classes go where others are given, or there are to be more or fewer
/// of them; entries of layers that num_hidden_layers leaves out go, too.
Json with_overrides(Json config, const Json& overrides);

}  // namespace automodel::models
