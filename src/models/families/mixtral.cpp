#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

spec::ModelSpec mixtral_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = gqa(c);
  attention.rope = rope(c, attention.head_dim);
  attention.window = c.maybe_integer("sliding_window");
  auto moe = routed_experts(
      c, {.experts = 8, .per_token = 2, .inner = 14336, .inner_key = "intermediate_size"});
  moe.router.renormalise = true;
  moe.router.weights_in_float32 = true;
  model.layers.assign(static_cast<std::size_t>(c.integer("num_hidden_layers")),
                      {.mixer = attention, .ffn = moe, .norm = model.final_norm});
  return model;
}

spec::WeightNames mixtral_names(const spec::ModelSpec&) {
  return {.renames = {{"mlp.gate", "block_sparse_moe.gate"},
                      {"mlp.experts.gate_proj", "block_sparse_moe.experts.{}.w1"},
                      {"mlp.experts.up_proj", "block_sparse_moe.experts.{}.w3"},
                      {"mlp.experts.down_proj", "block_sparse_moe.experts.{}.w2"}},
          .groups = {},
          .transposed = {}};
}

}  // namespace

/// Mixtral: softmax over all experts, the chosen weights renormalised.
/// Source: transformers MixtralForCausalLM.
Family mixtral() {
  return {.model_type = "mixtral",
          .architectures = {"MixtralForCausalLM"},
          .ignored_keys = {},
          .spec = mixtral_spec,
          .names = mixtral_names};
}

}  // namespace automodel::models
