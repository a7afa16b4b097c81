#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

spec::ModelSpec granitemoe_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  model.embedding_scale = c.number("embedding_multiplier", 1);
  model.logit_scale = 1 / c.number("logits_scaling", 1);
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = c.flag("attention_bias", false);
  attention.rope = rope(c, attention.head_dim);
  attention.scale = c.number("attention_multiplier", 1);
  auto moe = routed_experts(
      c, {.experts = 8, .per_token = 2, .inner = 11008, .inner_key = "intermediate_size"});
  moe.router.score = spec::Router::Score::softmax_of_chosen;
  const auto shared = c.integer("shared_intermediate_size", 0);
  if (shared != 0) {
    moe.shared = shared_experts(shared, moe.activation);
  }
  model.layers = uniform_layers(c, {.mixer = attention,
                                    .ffn = moe,
                                    .norm = model.final_norm,
                                    .residual_scale = c.number("residual_multiplier", 1)});
  return model;
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

}  // namespace automodel::models
