#pragma once
// Late layers that attend to the keys and values of earlier ones.

#include <string>
#include <vector>

#include "models/config_reader.h"
#include "spec/model_spec.h"

namespace automodel::models {

/// Lets the last `num_kv_shared_layers` take the keys and values of the last layer of their kind
/// before them; `sliding` says each layer's kind. Throws Error(corrupt_data) where there is no such
/// layer, or one with other heads. Source: transformers Gemma4TextConfig.kv_sharing_modes.
void share_keys(const ConfigReader& config, std::vector<spec::Layer>& layers,
                const std::vector<bool>& sliding);

/// Parts of names of tensors that checkpoints may hold for such layers and that no one uses.
std::vector<std::string> unused_keys(const spec::ModelSpec& model);

}  // namespace automodel::models
