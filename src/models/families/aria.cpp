#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

spec::ModelSpec aria_text_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.pad = 2});
  auto attention = biased_gqa(c);
  attention.rope = rope(c, attention.head_dim);
  auto moe = routed_experts(c, {.experts = 8,
                                .per_token = 2,
                                .inner = 4096,
                                .inner_key = "intermediate_size",
                                .experts_key = "moe_num_experts",
                                .per_token_key = "moe_topk"});
  moe.router.score = spec::Router::Score::softmax_of_chosen;
  moe.shared = shared_experts(moe.inner * c.integer("moe_num_shared_experts", 2), moe.activation);
  moe.shared->mlp.bias = c.flag("mlp_bias", false);
  moe.activation = spec::Activation::silu;  // of the routed ones, whatever hidden_act says
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = moe, .norm = model.final_norm});
  return model;
}

spec::WeightNames aria_text_names(const spec::ModelSpec&) {
  return {.renames = {{"mlp.gate", "mlp.router"},
                      {"mlp.experts.gate_proj", "mlp.experts.fc1"},
                      {"mlp.experts.up_proj", "mlp.experts.fc1"},
                      {"mlp.experts.down_proj", "mlp.experts.fc2"}},
          .groups = {},
          .transposed = {"mlp.experts.fc1", "mlp.experts.fc2", "mlp.experts.gate_up_proj",
                         "mlp.experts.down_proj"},
          .loaded = {{"mlp.experts.fc1.weight", "mlp.experts.gate_up_proj"},
                     {"mlp.experts.fc2.weight", "mlp.experts.down_proj"}}};
}

}  // namespace

/// Aria, text: softmax over the chosen experts, shared ones beside them. Source: transformers
/// AriaTextForCausalLM.
Family aria_text() {
  return {.model_type = "aria_text",
          .architectures = {"AriaTextForCausalLM"},
          .ignored_keys = {},
          .spec = aria_text_spec,
          .names = aria_text_names};
}

}  // namespace automodel::models
