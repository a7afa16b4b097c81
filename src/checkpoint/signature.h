#pragma once
// Does a checkpoint belong to this recipe?

#include "base/json.h"

namespace automodel::checkpoint {

/// The keys of a recipe file, as written there, that decide whether its run may go on from a
/// checkpoint without being told to: the model's name and shape, and whether it trains adapters.
/// Source: upstream's resume signature.
Json model_signature(const Json& raw_recipe);

/// "model.hidden_size is 64, the checkpoint has 32"; empty if they agree.
std::string signature_difference(const Json& ours, const Json& checkpoints);

}  // namespace automodel::checkpoint
