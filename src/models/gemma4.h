#pragma once
// What all of Gemma 4's language models share.

#include "models/config_reader.h"
#include "spec/model_spec.h"

namespace automodel::models {

/// Dense layers: sandwich norms, unscaled scores of normed heads, RoPE and head sizes by the kind
/// of layer, shared keys and values at the end. Source: transformers Gemma4UnifiedTextModel.
spec::ModelSpec gemma4_dense(const ConfigReader& config);

}  // namespace automodel::models
