#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

bool slides_by_pattern(const ConfigReader& c, std::int64_t layer) {
  const auto pattern = c.integer("sliding_window_pattern", 4);
  return pattern > 0 && (layer + 1) % pattern != 0;
}

bool never_slides(const ConfigReader&, std::int64_t) { return false; }

spec::ModelSpec cohere_defaults(const ConfigReader& c, double logit_scale) {
  auto model =
      decoder_defaults(c, {.tied = true, .pad = 0, .eps = 1e-5, .eps_key = "layer_norm_eps"});
  model.final_norm = layer_norm(model.final_norm.eps, false);
  model.logit_scale = c.number("logit_scale", logit_scale);
  return model;
}

spec::Gqa cohere_attention(const ConfigReader& c) {
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = c.flag("attention_bias", false);
  return attention;
}

spec::Layer cohere_layer(const ConfigReader& c, const spec::ModelSpec& model,
                         const spec::Gqa& attention) {
  return {.mixer = attention,
          .ffn = gated_mlp(c),
          .norm = model.final_norm,
          .placement = spec::NormPlacement::parallel};
}

spec::ModelSpec cohere_spec(const ConfigReader& c) {
  auto model = cohere_defaults(c, 0.0625);
  auto attention = cohere_attention(c);
  attention.rope = rope(c, attention.head_dim, {.theta = 500000});
  attention.rope->interleaved = true;
  if (c.flag("use_qk_norm", false)) {
    attention.head_norm =
        spec::HeadNorm{.norm = model.final_norm, .over = spec::HeadNorm::Over::each_head};
  }
  model.layers = uniform_layers(c, cohere_layer(c, model, attention));
  return model;
}

spec::ModelSpec cohere2_spec(const ConfigReader& c) {
  auto model = cohere_defaults(c, 0.0625);
  auto attention = cohere_attention(c);
  auto turned = rope(c, attention.head_dim);
  turned.interleaved = true;
  for (const bool sliding : sliding_layers(c, slides_by_pattern)) {
    attention.window = sliding ? std::optional(c.integer("sliding_window", 4096)) : std::nullopt;
    attention.rope = sliding ? std::optional(turned) : std::nullopt;
    model.layers.push_back(cohere_layer(c, model, attention));
  }
  return model;
}

spec::ModelSpec cohere_compass_spec(const ConfigReader& c) {
  auto model = cohere_defaults(c, 1);
  auto attention = cohere_attention(c);
  for (const bool sliding : sliding_layers(c, never_slides)) {
    attention.window = sliding ? std::optional(c.integer("sliding_window", 4096)) : std::nullopt;
    attention.rope =
        rope_of_kind(c, attention.head_dim, sliding ? "sliding_attention" : "full_attention");
    model.layers.push_back(cohere_layer(c, model, attention));
  }
  return model;
}

}  // namespace

/// Command R: attention and feed-forward in parallel, LayerNorm without bias, interleaved RoPE.
/// Source: transformers CohereForCausalLM.
Family cohere() {
  return {.model_type = "cohere",
          .architectures = {"CohereForCausalLM"},
          .ignored_keys = {},
          .spec = cohere_spec};
}

/// Command R7B: windows with RoPE on three layers of four, the fourth without positions. Source:
/// transformers Cohere2ForCausalLM.
Family cohere2() {
  return {.model_type = "cohere2",
          .architectures = {"Cohere2ForCausalLM"},
          .ignored_keys = {"sliding_window_pattern", "order_of_interleaved_layers",
                           "position_embedding_type", "rotary_pct"},
          .spec = cohere2_spec};
}

/// Cohere Compass, text: RoPE by layer kind. Source: transformers CohereCompassForCausalLM.
Family cohere_compass_text() {
  return {.model_type = "cohere_compass_text",
          .architectures = {"CohereCompassForCausalLM"},
          .ignored_keys = {"pooling"},
          .spec = cohere_compass_spec};
}

}  // namespace automodel::models
