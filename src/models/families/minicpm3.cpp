#include <cmath>

#include "models/common.h"
#include "models/family.h"
#include "models/mla.h"

namespace automodel::models {
namespace {

/// Absent: the class's default; null: the value that changes nothing.
double number_or_neutral(const ConfigReader& c, std::string_view key, double fallback,
                         double neutral) {
  return c.number(key, c.states(key) ? neutral : fallback);
}

spec::ModelSpec minicpm3_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.tied = true, .eps = 1e-5});
  model.init.std = c.number("initializer_range", 0.1);
  model.embedding_scale = c.number("scale_emb", 12);
  const auto width = static_cast<double>(model.dim);
  model.logit_scale = number_or_neutral(c, "dim_model_base", 256, width) / width;

  const auto heads = gqa(c).heads;  // checked to be positive
  const auto attention = mla(c, {.q_lora_rank = 768,
                                 .kv_lora_rank = 256,
                                 .nope_dim = 64,
                                 .rope_dim = 32,
                                 .value_dim = model.dim / heads});
  auto mlp = gated_mlp(c);
  mlp.bias = c.flag("mlp_bias", false);
  const double depth = std::sqrt(static_cast<double>(layer_count(c)));
  model.layers = uniform_layers(
      c, {.mixer = attention,
          .ffn = mlp,
          .norm = model.final_norm,
          .residual_scale = number_or_neutral(c, "scale_depth", 1.4, depth) / depth});
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
