#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

spec::ModelSpec granite_model(const ConfigReader& c, double attention_scale,
                              spec::NormPlacement placement) {
  auto model = decoder_defaults(c);
  model.embedding_scale = c.number("embedding_multiplier", 1);
  model.logit_scale = 1 / c.number("logits_scaling", 1);
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = c.flag("attention_bias", false);
  attention.rope = rope(c, attention.head_dim);
  attention.scale = c.number("attention_multiplier", attention_scale);
  auto mlp = gated_mlp(c);
  mlp.bias = c.flag("mlp_bias", false);
  model.layers = uniform_layers(c, {.mixer = attention,
                                    .ffn = mlp,
                                    .norm = model.final_norm,
                                    .placement = placement,
                                    .residual_scale = c.number("residual_multiplier", 1)});
  return model;
}

spec::ModelSpec granite_spec(const ConfigReader& c) {
  return granite_model(c, 1, spec::NormPlacement::pre);
}

spec::ModelSpec hyperclovax_spec(const ConfigReader& c) {
  const bool sandwich = c.flag("use_post_norm", true);
  auto model = granite_model(c, gqa(c).scale,
                             sandwich ? spec::NormPlacement::sandwich : spec::NormPlacement::pre);
  model.logit_scale = c.number("logits_scaling", 1);
  return model;
}

spec::WeightNames hyperclovax_names(const spec::ModelSpec& model) {
  if (model.layers.front().placement != spec::NormPlacement::sandwich) {
    return {};
  }
  return {.renames = {{"post_attention_layernorm", "post_norm1"},
                      {"pre_feedforward_layernorm", "post_attention_layernorm"},
                      {"post_feedforward_layernorm", "post_norm2"}}};
}

}  // namespace

/// Granite 3, dense: multipliers on embedding, attention, residuals and logits. Source:
/// transformers GraniteForCausalLM.
Family granite() {
  return {.model_type = "granite",
          .architectures = {"GraniteForCausalLM"},
          .ignored_keys = {},
          .spec = granite_spec};
}

/// HyperCLOVA X: Granite's multipliers with sandwich norms. Source: transformers
/// HyperCLOVAXForCausalLM.
Family hyperclovax() {
  return {.model_type = "hyperclovax",
          .architectures = {"HyperCLOVAXForCausalLM"},
          .ignored_keys = {},
          .spec = hyperclovax_spec,
          .names = hyperclovax_names};
}

}  // namespace automodel::models
