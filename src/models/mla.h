#pragma once
// Multi-head latent attention as DeepSeek's configs name it.

#include "models/config_reader.h"
#include "spec/model_spec.h"

namespace automodel::models {

/// Heads, ranks, head widths, RoPE and the softmax scale. `defaults` has the sizes that hold where
/// the config names none; a q_lora_rank of null means no query latent. The latents' norms keep
/// Transformers' fixed eps of 1e-6.
/// Throws Error(corrupt_data) for key heads that are not as many as the query heads.
spec::Mla mla(const ConfigReader& config, spec::Mla defaults);

}  // namespace automodel::models
