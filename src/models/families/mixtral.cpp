#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

spec::ModelSpec mixtral_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  auto attention = gqa(c);
  attention.rope = rope(c, attention.head_dim, {.theta = 1e6});
  attention.window = c.maybe_integer("sliding_window");
  auto moe = routed_experts(c, {.experts = 8,
                                .per_token = 2,
                                .inner = 14336,
                                .inner_key = "intermediate_size",
                                .balance_loss = 0.001});
  moe.router.renormalise = true;
  moe.router.weights_in_float32 = true;
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = moe, .norm = model.final_norm});
  return model;
}

/// What its configs say of older MiniMax models' switches.
void check_minimax_keys(const ConfigReader& c) {
  c.expect("scoring_func", "sigmoid");
  c.expect("qk_norm_type", "per_layer");
  c.expect("use_qk_norm", true);
  c.expect("use_routing_bias", true);
  c.expect("shared_intermediate_size", 0);
  for (const auto* key :
       {"layernorm_full_attention_beta", "layernorm_linear_attention_beta", "layernorm_mlp_beta"}) {
    c.expect(key, 1);
  }
  if (c.has("attn_type_list")) {
    c.expect("attn_type_list", std::vector<int>(static_cast<std::size_t>(layer_count(c)), 1));
  }
}

spec::ModelSpec minimax_m2_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = gqa(c);
  const auto width = c.integer("head_dim", 128);
  const auto turned = c.integer("rotary_dim", width);
  attention.rope = rope(
      c, attention.head_dim,
      {.theta = 5e6, .partial_rotary = static_cast<double>(turned) / static_cast<double>(width)});
  attention.head_norm =
      spec::HeadNorm{.norm = model.final_norm, .over = spec::HeadNorm::Over::all_heads};
  auto moe = routed_experts(c, {.experts = 256,
                                .per_token = 8,
                                .inner = 1536,
                                .inner_key = "intermediate_size",
                                .balance_loss = 0.001});
  moe.router = {.score = spec::Router::Score::sigmoid,
                .correction = true,
                .renormalise = true,
                .weights_in_float32 = true};
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = moe, .norm = model.final_norm});
  check_minimax_keys(c);
  return model;
}

spec::WeightNames mixtral_names(const spec::ModelSpec&) {
  return {
      .renames = {{"mlp.gate.e_score_correction_bias", "block_sparse_moe.e_score_correction_bias"},
                  {"mlp.gate", "block_sparse_moe.gate"},
                  {"mlp.experts.gate_proj", "block_sparse_moe.experts.{}.w1"},
                  {"mlp.experts.up_proj", "block_sparse_moe.experts.{}.w3"},
                  {"mlp.experts.down_proj", "block_sparse_moe.experts.{}.w2"}},
      .loaded = {{"block_sparse_moe.gate", "mlp.gate"},
                 {"block_sparse_moe.experts.{}.w1.weight", "mlp.experts.gate_up_proj"},
                 {"block_sparse_moe.experts.{}.w3.weight", "mlp.experts.gate_up_proj"},
                 {"block_sparse_moe.experts.{}.w2.weight", "mlp.experts.down_proj"}}};
}

}  // namespace

/// Mixtral: softmax over all experts, the chosen weights renormalised. Source: transformers
/// MixtralForCausalLM.
Family mixtral() {
  return {.model_type = "mixtral",
          .architectures = {"MixtralForCausalLM"},
          .ignored_keys = {},
          .spec = mixtral_spec,
          .names = mixtral_names,
          .key_names = {{"num_experts", "num_local_experts"}}};
}

/// MiniMax-M2: sigmoid scores with a correction, q/k norm over all heads, partial RoPE. Source:
/// transformers MiniMaxM2ForCausalLM.
Family minimax_m2() {
  return {.model_type = "minimax_m2",
          .architectures = {"MiniMaxM2ForCausalLM"},
          .ignored_keys = {"mlp_intermediate_size", "mtp_transformer_layers", "num_mtp_modules",
                           "shared_moe_mode", "use_mtp"},
          .spec = minimax_m2_spec,
          .names = mixtral_names,
          .key_names = {{"num_experts", "num_local_experts"}}};
}

}  // namespace automodel::models
