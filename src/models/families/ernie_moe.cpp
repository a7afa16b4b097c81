#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

std::vector<bool> ernie_sparse_layers(const ConfigReader& c) {
  const auto count = layer_count(c);
  const auto first = c.integer("moe_layer_start_index", 1);
  const auto last = c.integer("moe_layer_end_index", -1);
  const auto step = std::max<std::int64_t>(c.integer("moe_layer_interval", 1), 1);
  std::vector<bool> sparse;
  for (std::int64_t i = 0; i < count; ++i) {
    sparse.push_back((i + 1) % step == 0 && i >= first && (last == -1 || i <= last));
  }
  return sparse;
}

spec::ModelSpec ernie4_5_moe_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.tied = true, .pad = 0, .eps = 1e-5});
  model.float32_parts = {"mlp.gate.weight", "e_score_correction_bias"};
  c.expect("use_rmsnorm", true);
  const bool bias = c.flag("use_bias", false);
  model.head_bias = bias;
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = bias;
  attention.rope = rope(c, attention.head_dim, {.theta = 500000});
  attention.rope->interleaved = attention.rope->in_float32 = true;
  auto moe = routed_experts(c, {.experts = 64,
                                .per_token = 6,
                                .inner = 1536,
                                .experts_key = "moe_num_experts",
                                .per_token_key = "moe_k",
                                .balance_loss = 0.001});
  moe.router = {.correction = true,
                .renormalise = true,
                .renormalise_at_least = c.number("moe_norm_min", 1e-12),
                .logits_in_float32 = true};
  const auto shared = c.integer("moe_num_shared_experts", 2);
  if (shared > 0) {
    moe.shared = shared_experts(moe.inner * shared, moe.activation);
    moe.shared->mlp.bias = bias;
  }
  model.layers =
      routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, ernie_sparse_layers(c));
  for (auto& layer : model.layers) {
    if (auto* mlp = std::get_if<spec::Mlp>(&layer.ffn)) {
      mlp->bias = bias;
    }
  }
  return model;
}

spec::WeightNames ernie4_5_moe_names(const spec::ModelSpec&) {
  auto names = expert_names(
      {{"mlp.gate.e_score_correction_bias", "mlp.moe_statics.e_score_correction_bias"}});
  names.as_row = {"mlp.moe_statics.e_score_correction_bias"};
  for (const char* part : {"block", "emb_norm", "hidden_norm", "linear_proj"}) {
    names.ignored.push_back(std::string("model.mtp_") + part);  // they predict further tokens
  }
  return names;
}

}  // namespace

/// Ernie 4.5 MoE: softmax scores with a correction for the choice. Source: transformers
/// Ernie4_5_MoeForCausalLM.
Family ernie4_5_moe() {
  return {.model_type = "ernie4_5_moe",
          .architectures = {"Ernie4_5_MoeForCausalLM"},
          .ignored_keys = {"moe_capacity", "num_nextn_predict_layers", "moe_gate",
                           "moe_use_aux_free", "moe_use_hard_gate"},
          .spec = ernie4_5_moe_spec,
          .names = ernie4_5_moe_names,
          .key_names = {{"num_experts", "moe_num_experts"}, {"num_experts_per_tok", "moe_k"}}};
}

}  // namespace automodel::models
