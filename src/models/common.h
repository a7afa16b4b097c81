#pragma once
// What most families share when they turn config.json into a spec.

#include <string>
#include <vector>

#include "models/config_reader.h"
#include "spec/model_spec.h"

namespace automodel::models {

/// Sizes, RMSNorm, tied head and initialisation as Llama's config names them; no layers yet.
spec::ModelSpec decoder_defaults(const ConfigReader& config);

/// Reads one RoPE: v5's `rope_parameters` (flat) or the hub's `rope_theta` and `rope_scaling`.
/// Throws Error(unsupported) for a rope type that we do not know.
spec::Rope rope(const ConfigReader& config, std::int64_t head_dim);
/// Reads one RoPE from a parameter object; `theta` holds where it has no rope_theta.
/// `max_positions` is the config's limit, used where the object names no original limit.
spec::Rope rope_from(const ConfigReader& parameters, std::int64_t head_dim, double theta,
                     std::int64_t max_positions);

/// heads, kv_heads, head_dim, RoPE and the usual 1/sqrt(head_dim) scale.
spec::Gqa gqa(const ConfigReader& config);

/// Throws Error(unsupported) for an activation that we do not know.
spec::Activation activation(const ConfigReader& config, std::string_view key,
                            std::string_view fallback);

/// Gated feed-forward of width `intermediate_size`.
spec::Mlp gated_mlp(const ConfigReader& config);

/// For each layer, whether it attends through a sliding window: from `layer_types` if present, else
/// by `fallback(layer)`. Throws Error(unsupported) for other layer kinds, Error(corrupt_data) for a
/// wrong count.
std::vector<bool> sliding_layers(const ConfigReader& config,
                                 bool (*fallback)(const ConfigReader&, std::int64_t));

}  // namespace automodel::models
