#include "models/gemma4.h"

#include <cmath>

#include "base/error.h"
#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"
#include "models/shared_keys.h"

namespace automodel::models {
namespace {

spec::Moe experts(const ConfigReader& c, const spec::ModelSpec& model) {
  auto moe = routed_experts(
      c, {.experts = 0, .per_token = 0, .inner = 0, .per_token_key = "top_k_experts"});
  moe.activation = activation(c, "hidden_activation", "gelu_pytorch_tanh");
  moe.router = {.norm = spec::Norm{.eps = model.final_norm.eps},
                .input_scale = 1 / std::sqrt(static_cast<double>(model.dim)),
                .renormalise = true,
                .expert_scale = true,
                .weights_in_float32 = true};
  return moe;
}

spec::ModelSpec gemma4_spec(const ConfigReader& c) {
  auto model = gemma4_dense(c);
  if (const auto width = c.integer("hidden_size_per_layer_input", 256); width != 0) {
    model.layer_inputs = spec::LayerInputs{.vocab_size = c.integer("vocab_size_per_layer_input"),
                                           .dim = width,
                                           .norm = model.final_norm};
    check(width > 0 && model.layer_inputs->vocab_size >= model.vocab_size, ErrorKind::corrupt_data,
          "{}: per-layer embeddings are {} wide for {} tokens, expected at least 1 for {}",
          c.source(), width, model.layer_inputs->vocab_size, model.vocab_size);
  }
  const bool routed = c.flag("enable_moe_block", false);
  for (auto& layer : model.layers) {
    if (model.layer_inputs) {
      layer.input = spec::LayerInput{.dim = model.layer_inputs->dim,
                                     .activation = std::get<spec::Mlp>(layer.ffn).activation};
    }
    if (routed) {
      layer.ffn = spec::MlpBesideMoe{.mlp = std::get<spec::Mlp>(layer.ffn),
                                     .moe = experts(c, model),
                                     .norm = model.final_norm};
    }
  }
  return model;
}

spec::WeightNames gemma4_names(const spec::ModelSpec& model) {
  spec::WeightNames names{.renames = {{"mlp.gate.norm.weight", "router.scale"},
                                      {"mlp.gate.expert_scale", "router.per_expert_scale"},
                                      {"mlp.gate", "router.proj"},
                                      {"mlp.experts.gate_proj.weight", "experts.gate_up_proj"},
                                      {"mlp.experts.up_proj.weight", "experts.gate_up_proj"},
                                      {"mlp.experts.down_proj.weight", "experts.down_proj"}},
                          .groups = {},
                          .transposed = {}};
  names.ignored = unused_keys(model);
  return names;
}

}  // namespace

/// Gemma 4, text only: wider heads on full layers, shared keys and values, per-layer embeddings,
/// experts beside the dense feed-forward. Source: transformers Gemma4ForCausalLM.
Family gemma4_text() {
  return {.model_type = "gemma4_text",
          .architectures = {"Gemma4ForCausalLM"},
          .ignored_keys = {"num_global_key_value_heads", "num_experts", "top_k_experts",
                           "moe_intermediate_size", "vocab_size_per_layer_input"},
          .spec = gemma4_spec,
          .names = gemma4_names};
}

/// Gemma 4 without per-layer embeddings and experts. Source: transformers
/// Gemma4UnifiedForCausalLM.
Family gemma4_unified_text() {
  return {.model_type = "gemma4_unified_text",
          .architectures = {"Gemma4UnifiedForCausalLM"},
          .ignored_keys = {"num_global_key_value_heads"},
          .spec = gemma4_dense,
          .names = gemma4_names};
}

}  // namespace automodel::models
