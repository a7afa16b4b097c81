#pragma once
// What the descendants of GPT-2 share: LayerNorm, biases, a plain feed-forward, and the names of
// configuration keys and weights.

#include <string>
#include <string_view>
#include <vector>

#include "models/config_reader.h"
#include "spec/model_spec.h"
#include "spec/weight_map.h"

namespace automodel::models {

/// GPT-2's names of the keys that Llama has too.
std::vector<KeyName> gpt_key_names();

/// Keys that they carry without effect on the mathematics, most of a classifier's head, and these.
std::vector<std::string> gpt_ignored_keys(const std::vector<std::string>& more = {});

/// Sizes, LayerNorm and head, no layers yet. The padding token's embedding is trained as any other.
spec::ModelSpec gpt_defaults(const ConfigReader& config, bool tied = true);

/// Plain feed-forward with biases of width `intermediate_size`, by default four times the model's.
spec::Mlp gpt_mlp(const ConfigReader& config, std::string_view activation_fallback);

/// GPT-2's names of embeddings, layers and norms, then these. Older files hold causal masks too, or
/// lack the prefix.
spec::WeightNames gpt_names(const std::vector<spec::Rename>& more);

}  // namespace automodel::models
