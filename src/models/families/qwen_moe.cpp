#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

std::optional<std::int64_t> window_if_used(const ConfigReader& c) {
  const auto window = c.maybe_integer("sliding_window");
  return c.flag("use_sliding_window", false) ? window : std::nullopt;
}

spec::ModelSpec qwen3_moe_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = gqa(c);
  attention.qkv_bias = attention.out_bias = c.flag("attention_bias", false);
  attention.head_norm = spec::HeadNorm{.norm = model.final_norm};
  attention.rope = rope(c, attention.head_dim);
  attention.window = window_if_used(c);
  auto moe = routed_experts(c, {.experts = 128, .per_token = 8, .inner = 768});
  moe.router.renormalise = c.flag("norm_topk_prob", false);
  for (const bool sparse : sparse_layers(c)) {
    model.layers.push_back({.mixer = attention,
                            .ffn = sparse ? spec::Ffn(moe) : spec::Ffn(gated_mlp(c)),
                            .norm = model.final_norm});
  }
  return model;
}

spec::WeightNames qwen3_moe_names(const spec::ModelSpec&) { return expert_names(); }

}  // namespace

/// Qwen3-MoE: Qwen3's attention, 128 fine experts, no shared one.
/// Source: transformers Qwen3MoeForCausalLM.
Family qwen3_moe() {
  return {.model_type = "qwen3_moe",
          .architectures = {"Qwen3MoeForCausalLM"},
          .ignored_keys = {"max_window_layers"},
          .spec = qwen3_moe_spec,
          .names = qwen3_moe_names};
}

}  // namespace automodel::models
