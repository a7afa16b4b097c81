#include <cmath>

#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

bool slides_by_turns(const ConfigReader& c, std::int64_t layer) {
  return c.flag("use_sliding_window", false) && layer % 2 == 0 &&
         layer < c.integer("max_window_layers", 28);
}

std::optional<std::int64_t> window_if_used(const ConfigReader& c) {
  const auto window = c.maybe_integer("sliding_window");
  return c.flag("use_sliding_window", false) ? window : std::nullopt;
}

spec::ModelSpec qwen2_moe_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = gqa(c);
  attention.qkv_bias = c.flag("qkv_bias", true);
  attention.rope = rope(c, attention.head_dim);
  auto moe =
      routed_experts(c, {.experts = 60, .per_token = 4, .inner = 1408, .balance_loss = 0.001});
  moe.router.renormalise = c.flag("norm_topk_prob", false);
  moe.shared = shared_experts(c.integer("shared_expert_intermediate_size", 5632), moe.activation);
  moe.shared->gated = true;
  model.layers =
      routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse_layers(c));
  const auto window = window_if_used(c);
  const auto sliding = sliding_layers(c, slides_by_turns);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    std::get<spec::Gqa>(model.layers[i].mixer).window = sliding[i] ? window : std::nullopt;
  }
  return model;
}

spec::ModelSpec qwen3_moe_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = normed_gqa(c, model);
  attention.rope = rope(c, attention.head_dim);
  attention.window = window_if_used(c);
  auto moe =
      routed_experts(c, {.experts = 128, .per_token = 8, .inner = 768, .balance_loss = 0.001});
  moe.router.renormalise = c.flag("norm_topk_prob", false);
  model.layers =
      routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse_layers(c));
  // What Qwen3-Coder's files say of the switches of other Qwen models.
  c.expect("use_qk_norm", true);
  c.expect("qkv_bias", false);
  c.expect("shared_expert_intermediate_size", 0);
  return model;
}

spec::ModelSpec mellum_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = normed_gqa(c, model);
  auto moe =
      routed_experts(c, {.experts = 64, .per_token = 8, .inner = 896, .balance_loss = 0.001});
  moe.router.renormalise = c.flag("norm_topk_prob", true);
  model.layers =
      routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse_layers(c));
  const auto sliding = sliding_layers(c, never_slides);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    auto& own = std::get<spec::Gqa>(model.layers[i].mixer);
    own.window = window_of(c, sliding[i], 1024);
    own.rope = rope_of_kind(c, own.head_dim, sliding[i]);
  }
  return model;
}

spec::WeightNames qwen2_moe_names(const spec::ModelSpec&) {
  return expert_names({{"mlp.shared_experts", "mlp.shared_expert"}});
}

spec::WeightNames qwen3_moe_names(const spec::ModelSpec&) { return expert_names(); }

spec::WeightNames mellum_names(const spec::ModelSpec&) {
  auto names = expert_names();
  names.ignored = {"mtp"};  // predicts further tokens
  return names;
}

}  // namespace

/// Qwen1.5-MoE and Qwen2-57B-A14B: a gated shared expert. Source: transformers
/// Qwen2MoeForCausalLM.
Family qwen2_moe() {
  return {.model_type = "qwen2_moe",
          .architectures = {"Qwen2MoeForCausalLM"},
          .ignored_keys = {"max_window_layers"},
          .spec = qwen2_moe_spec,
          .names = qwen2_moe_names};
}

/// Qwen3-MoE: Qwen3's attention, 128 fine experts, no shared one. Source: transformers
/// Qwen3MoeForCausalLM.
Family qwen3_moe() {
  return {.model_type = "qwen3_moe",
          .architectures = {"Qwen3MoeForCausalLM"},
          .ignored_keys = {"max_window_layers"},
          .spec = qwen3_moe_spec,
          .names = qwen3_moe_names,
          .key_names = {{"num_experts", "num_local_experts"}}};
}

/// Mellum 2: Qwen3-MoE with windows and RoPE by layer kind. Source: transformers
/// MellumForCausalLM.
Family mellum() {
  return {.model_type = "mellum",
          .architectures = {"MellumForCausalLM"},
          .ignored_keys = {"num_nextn_predict_layers", "mtp_layer_types", "mtp_mlp_layer_types"},
          .spec = mellum_spec,
          .names = mellum_names,
          .key_names = {{"num_experts", "num_local_experts"},
                        {"num_mtp_layers", "num_nextn_predict_layers"}}};
}

}  // namespace automodel::models
