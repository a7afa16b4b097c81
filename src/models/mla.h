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

/// The scale of q k^T: 1/sqrt(head_dim), times the square of YaRN's mscale where the RoPE
/// parameters have mscale_all_dim. Source: transformers yarn_apply_mscale (DeepSeek-V2).
double mla_scale(const ConfigReader& config, std::int64_t head_dim);

}  // namespace automodel::models
