#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

spec::ModelSpec exaone_moe_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.pad = 0, .eps = 1e-5});
  model.float32_parts = {"e_score_correction_bias"};
  auto attention = gqa(c);
  attention.head_norm = spec::HeadNorm{.norm = model.final_norm};
  attention.rope = rope(c, attention.head_dim);
  auto moe = routed_experts(c, {.experts = 64, .per_token = 8, .inner = 1024});
  c.expect("scoring_func", "sigmoid");
  c.expect("topk_method", "noaux_tc");
  moe.router = grouped_sigmoid_router(c, moe);
  moe.router.scale = c.number("routed_scaling_factor", 2.5);
  moe.shared = shared_experts(moe.inner * c.integer("num_shared_experts", 1), moe.activation);
  const auto sparse = sparse_layers(c, 1);
  c.expect("is_moe_layer", sparse);
  model.layers = routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse);
  const auto window = c.maybe_integer("sliding_window");
  const auto sliding = sliding_layers(c, slides_by_pattern);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    auto& own = std::get<spec::Gqa>(model.layers[i].mixer);
    own.window = sliding[i] ? window : std::nullopt;
    own.rope = sliding[i] || !window ? own.rope : std::nullopt;
  }
  return model;
}

spec::WeightNames exaone_moe_names(const spec::ModelSpec&) {
  auto names = expert_names({{"mlp.gate.e_score_correction_bias", "mlp.e_score_correction_bias"}});
  names.ignored = {"mtp"};  // predicts further tokens
  return names;
}

}  // namespace

/// EXAONE MoE: DeepSeek-V3's experts, windows with RoPE, full layers without positions. Source:
/// transformers ExaoneMoeForCausalLM.
Family exaone_moe() {
  return {.model_type = "exaone_moe",
          .architectures = {"ExaoneMoeForCausalLM"},
          .ignored_keys = {"sliding_window_pattern", "first_last_k_dense_replace",
                           "num_nextn_predict_layers"},
          .spec = exaone_moe_spec,
          .names = exaone_moe_names};
}

}  // namespace automodel::models
