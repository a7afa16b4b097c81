#include "base/known.h"
#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

spec::ModelSpec olmo_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.pad = 1});
  model.final_norm = layer_norm(1e-5, false);
  model.final_norm.has_weight = false;
  auto attention = biased_gqa(c);
  attention.clip = c.maybe_number("clip_qkv");
  attention.rope = rope(c, attention.head_dim);
  attention.rope->in_float32 = true;
  model.layers =
      uniform_layers(c, {.mixer = attention, .ffn = gated_mlp(c), .norm = model.final_norm});
  return model;
}

spec::Gqa olmo2_attention(const ConfigReader& c, const spec::Norm& norm) {
  auto attention = biased_gqa(c);
  attention.head_norm = spec::HeadNorm{.norm = norm, .over = spec::HeadNorm::Over::all_heads};
  return attention;
}

spec::ModelSpec olmo2_model(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.pad = 1, .eps = 1e-5});
  model.final_norm.gain_in_float32 = true;
  return model;
}

spec::ModelSpec olmo2_spec(const ConfigReader& c) {
  auto model = olmo2_model(c);
  auto attention = olmo2_attention(c, model.final_norm);
  attention.rope = rope(c, attention.head_dim);
  attention.rope->in_float32 = true;
  model.layers = uniform_layers(c, {.mixer = attention,
                                    .ffn = gated_mlp(c),
                                    .norm = model.final_norm,
                                    .placement = spec::NormPlacement::post});
  return model;
}

/// The older files scale the full layers only, and their rope_theta is these layers' too.
spec::Rope olmo3_rope(const ConfigReader& c, std::int64_t head_dim, bool sliding) {
  const Defaults defaults{.theta = 500000, .theta_key = sliding ? "" : "rope_theta"};
  return rope_of_kind_or_older(c, head_dim, sliding, defaults, !sliding);
}

spec::ModelSpec olmo3_spec(const ConfigReader& c) {
  auto model = olmo2_model(c);
  auto attention = olmo2_attention(c, model.final_norm);
  for (const bool sliding : sliding_layers(c, slides_but_each<4>)) {
    attention.rope = olmo3_rope(c, attention.head_dim, sliding);
    attention.rope->in_float32 = true;
    attention.window = window_of(c, sliding);
    model.layers.push_back({.mixer = attention,
                            .ffn = gated_mlp(c),
                            .norm = model.final_norm,
                            .placement = spec::NormPlacement::post});
  }
  return model;
}

}  // namespace

/// OLMo: LayerNorm without weights, clipped q, k, v. Source: transformers OlmoForCausalLM.
Family olmo() {
  return {.model_type = "olmo",
          .architectures = {"OlmoForCausalLM"},
          .ignored_keys = {},
          .spec = olmo_spec};
}

/// OLMo 2: norms after the branches, q/k norm over all heads. Source: transformers
/// Olmo2ForCausalLM.
Family olmo2() {
  return {.model_type = "olmo2",
          .architectures = {"Olmo2ForCausalLM"},
          .ignored_keys = {},
          .spec = olmo2_spec};
}

/// OLMo 3: OLMo 2 with windows on three layers of four and RoPE by layer kind. Source: transformers
/// Olmo3ForCausalLM.
Family olmo3() {
  return {.model_type = "olmo3",
          .architectures = {"Olmo3ForCausalLM"},
          .ignored_keys = {},
          .spec = olmo3_spec};
}

}  // namespace automodel::models
