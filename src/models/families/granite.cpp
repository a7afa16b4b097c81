#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

/// Granite's attention and multipliers around this feed-forward.
spec::ModelSpec granite_model(const ConfigReader& c, const spec::Ffn& ffn, double attention_scale,
                              spec::NormPlacement placement) {
  auto model = decoder_defaults(c);
  model.embedding_scale = c.number("embedding_multiplier", 1);
  model.logit_scale = 1 / c.number("logits_scaling", 1);
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = c.flag("attention_bias", false);
  attention.rope = rope(c, attention.head_dim);
  attention.scale = c.number("attention_multiplier", attention_scale);
  model.layers = uniform_layers(c, {.mixer = attention,
                                    .ffn = ffn,
                                    .norm = model.final_norm,
                                    .placement = placement,
                                    .residual_scale = c.number("residual_multiplier", 1)});
  return model;
}

spec::Mlp dense(const ConfigReader& c) {
  auto mlp = gated_mlp(c);
  mlp.bias = c.flag("mlp_bias", false);
  return mlp;
}

spec::ModelSpec granite_spec(const ConfigReader& c) {
  return granite_model(c, dense(c), 1, spec::NormPlacement::pre);
}

spec::ModelSpec hyperclovax_spec(const ConfigReader& c) {
  const bool sandwich = c.flag("use_post_norm", true);
  auto model = granite_model(c, dense(c), gqa(c).scale,
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

spec::ModelSpec granitemoe_spec(const ConfigReader& c) {
  auto moe = routed_experts(
      c, {.experts = 8, .per_token = 2, .inner = 11008, .inner_key = "intermediate_size"});
  moe.router.score = spec::Router::Score::softmax_of_chosen;
  const auto shared = c.integer("shared_intermediate_size", 0);
  if (shared != 0) {
    moe.shared = shared_experts(shared, moe.activation);
  }
  return granite_model(c, moe, 1, spec::NormPlacement::pre);
}

spec::WeightNames granitemoe_names(const spec::ModelSpec&) {
  return {.renames = {{"mlp.gate", "block_sparse_moe.router.layer"},
                      {"mlp.experts.gate_proj", "block_sparse_moe.input_linear"},
                      {"mlp.experts.up_proj", "block_sparse_moe.input_linear"},
                      {"mlp.experts.down_proj", "block_sparse_moe.output_linear"},
                      {"mlp.shared_experts.gate_proj", "shared_mlp.input_linear"},
                      {"mlp.shared_experts.up_proj", "shared_mlp.input_linear"},
                      {"mlp.shared_experts.down_proj", "shared_mlp.output_linear"}}};
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

/// Granite 3 MoE: softmax over the chosen experts, Granite's multipliers. Source: transformers
/// GraniteMoeForCausalLM.
Family granitemoe() {
  return {.model_type = "granitemoe",
          .architectures = {"GraniteMoeForCausalLM"},
          .ignored_keys = {},
          .spec = granitemoe_spec,
          .names = granitemoe_names};
}

/// Granite MoE with a shared expert. Source: transformers GraniteMoeSharedForCausalLM.
Family granitemoeshared() {
  return {.model_type = "granitemoeshared",
          .architectures = {"GraniteMoeSharedForCausalLM"},
          .ignored_keys = {},
          .spec = granitemoe_spec,
          .names = granitemoe_names};
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
