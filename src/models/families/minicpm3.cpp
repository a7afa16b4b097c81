#include <cmath>

#include "models/common.h"
#include "models/family.h"
#include "models/mla.h"

namespace automodel::models {
namespace {

spec::ModelSpec minicpm3_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.tied = true, .eps = 1e-5});
  model.init_std = c.number("initializer_range", 0.1);
  model.embedding_scale = c.number("scale_emb", 12);
  model.logit_scale = c.number("dim_model_base", 256) / static_cast<double>(model.dim);

  const auto heads = gqa(c).heads;  // checked to be positive
  const auto attention = mla(c, {.q_lora_rank = 768,
                                 .kv_lora_rank = 256,
                                 .nope_dim = 64,
                                 .rope_dim = 32,
                                 .value_dim = model.dim / heads});
  auto mlp = gated_mlp(c);
  mlp.bias = c.flag("mlp_bias", false);
  const auto layers = static_cast<double>(layer_count(c));
  model.layers =
      uniform_layers(c, {.mixer = attention,
                         .ffn = mlp,
                         .norm = model.final_norm,
                         .residual_scale = c.number("scale_depth", 1.4) / std::sqrt(layers)});
  return model;
}

}  // namespace

/// MiniCPM3: latent attention with half-split RoPE; embedding, residual branches and logits are
/// scaled. Source: transformers MiniCPM3ForCausalLM.
Family minicpm3() {
  return {.model_type = "minicpm3",
          .architectures = {"MiniCPM3ForCausalLM"},
          .ignored_keys = {"head_dim", "qk_head_dim"},
          .spec = minicpm3_spec};
}

}  // namespace automodel::models
