#include <cmath>

#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

/// With `alpha` a "dynamic" RoPE has fixed frequencies of a larger theta.
spec::Rope hunyuan_rope(const ConfigReader& c, std::int64_t head_dim) {
  auto result =
      rope(c, head_dim, {}, {"alpha", "beta_fast", "beta_slow", "mscale", "mscale_all_dim"});
  const auto parameters = c.object(c.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
  const double alpha = parameters.number("alpha", 0);
  if (alpha != 0 && std::holds_alternative<spec::DynamicScaling>(result.scaling)) {
    const auto dim = static_cast<double>(head_dim);
    result.theta *= std::pow(alpha, dim / (dim - 2));
    result.scaling = std::monostate();
  }
  return result;
}

spec::ModelSpec hunyuan_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.pad = 0, .eps = 1e-5});
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = c.flag("attention_bias", false);
  attention.rope = hunyuan_rope(c, attention.head_dim);
  attention.head_norm = spec::HeadNorm{.norm = model.final_norm, .after_rope = true};
  model.layers =
      uniform_layers(c, {.mixer = attention, .ffn = gated_mlp(c), .norm = model.final_norm});
  return model;
}

spec::WeightNames hunyuan_names(const spec::ModelSpec&) {
  return {.renames = {{"self_attn.q_norm", "self_attn.query_layernorm"},
                      {"self_attn.k_norm", "self_attn.key_layernorm"}}};
}

}  // namespace

/// HunYuan, dense: q/k norm after RoPE, NTK by alpha. Source: transformers
/// HunYuanDenseV1ForCausalLM.
Family hunyuan_v1_dense() {
  return {.model_type = "hunyuan_v1_dense",
          .architectures = {"HunYuanDenseV1ForCausalLM"},
          .ignored_keys = {"eod_token_id",
                           "use_qk_norm",
                           "use_cla",
                           "cla_share_factor",
                           "attention_head_dim",
                           "norm_type",
                           "org_vocab_size",
                           "sep_token_id",
                           "im_end_id",
                           "im_start_id",
                           "im_newline_id",
                           "text_start_id",
                           "text_end_id",
                           "mask_init_id",
                           "add_classification_head",
                           "class_num",
                           "pool_type",
                           "num_media_embeds",
                           "use_rotary_pos_emb",
                           "xla",
                           "enable_lm_head_fp32",
                           "rope_type"},
          .spec = hunyuan_spec,
          .names = hunyuan_names};
}

}  // namespace automodel::models
