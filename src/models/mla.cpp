#include "models/mla.h"

#include <cmath>

#include "base/error.h"
#include "models/common.h"

namespace automodel::models {
namespace {

/// The scale of q k^T: 1/sqrt(head_dim), times the square of YaRN's mscale where the RoPE
/// parameters have mscale_all_dim. Source: transformers yarn_apply_mscale (DeepSeek-V2).
double mla_scale(const ConfigReader& config, std::int64_t head_dim) {
  const double scale = 1 / std::sqrt(static_cast<double>(head_dim));
  const auto parameters = rope_object(config);
  const double weight = parameters.number("mscale_all_dim", 0);
  if (rope_type(parameters) == "default" || weight == 0) {
    return scale;
  }
  const double mscale = yarn_mscale(parameters.number("factor"), weight);
  return scale * mscale * mscale;
}

}  // namespace

spec::Mla mla(const ConfigReader& config, spec::Mla defaults) {
  spec::Mla result = std::move(defaults);
  result.heads = config.integer("num_attention_heads");
  const auto kv_heads = config.integer("num_key_value_heads", result.heads);
  check(result.heads > 0 && kv_heads == result.heads, ErrorKind::corrupt_data,
        "{}: num_key_value_heads is {} and num_attention_heads {}; latent attention has a key for "
        "every query head, so both must be the same positive number",
        config.source(), kv_heads, result.heads);
  if (config.states("q_lora_rank")) {
    result.q_lora_rank = config.maybe_integer("q_lora_rank");
  }
  result.kv_lora_rank = config.integer("kv_lora_rank", result.kv_lora_rank);
  result.nope_dim = config.integer("qk_nope_head_dim", result.nope_dim);
  result.rope_dim = config.integer("qk_rope_head_dim", result.rope_dim);
  result.value_dim = config.integer("v_head_dim", result.value_dim);
  result.bias = config.flag("attention_bias", false);
  result.rope = rope(config, result.rope_dim);
  result.scale = mla_scale(config, result.head_dim());
  return result;
}

}  // namespace automodel::models
