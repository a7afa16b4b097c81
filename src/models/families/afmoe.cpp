#include <cmath>

#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

bool slides_but_each_nth(const ConfigReader& c, std::int64_t layer) {
  const auto n = c.integer("global_attn_every_n_layers", 4);
  return n > 0 && (layer + 1) % n != 0;
}

spec::ModelSpec afmoe_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  if (c.flag("mup_enabled", false)) {
    model.embedding_scale = std::sqrt(static_cast<double>(model.dim));
  }
  model.final_norm.gain_in_float32 = true;
  model.init_rules = {{"mlp.gate.weight", {}}};
  model.float32_or_bfloat16_parts = {"input_layernorm",
                                     "post_attention_layernorm",
                                     "pre_feedforward_layernorm",
                                     "post_feedforward_layernorm",
                                     "q_norm",
                                     "k_norm",
                                     "model.norm",
                                     "e_score_correction_bias"};
  auto attention = normed_gqa(c, model);
  attention.gate = spec::OutputGate::per_value;
  attention.rope = rope(c, attention.head_dim);
  c.expect("score_func", "sigmoid");
  c.expect("route_norm", true);
  for (const auto* key : {"n_group", "topk_group", "num_expert_groups", "num_limited_groups"}) {
    c.expect(key, 1);
  }
  auto moe = routed_experts(c, {.experts = 64, .per_token = 6, .inner = 1408});
  moe.router = {.score = spec::Router::Score::sigmoid,
                .correction = true,
                .renormalise = true,
                .renormalise_eps = 1e-20,
                .scale = c.number("route_scale", 1),
                .weights_in_float32 = true};
  moe.shared = shared_experts(moe.inner * c.integer("num_shared_experts", 2), moe.activation);
  model.layers = routed_layers(
      c, {.mixer = attention, .norm = model.final_norm, .placement = spec::NormPlacement::sandwich},
      moe, sparse_layers(c, c.integer("num_dense_layers", 1)));
  const auto sliding = sliding_layers(c, slides_but_each_nth);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    auto& own = std::get<spec::Gqa>(model.layers[i].mixer);
    own.window = window_of(c, sliding[i], 1024);
    own.rope = sliding[i] ? own.rope : std::nullopt;
  }
  return model;
}

spec::WeightNames afmoe_names(const spec::ModelSpec&) {
  return expert_names({{"pre_feedforward_layernorm", "pre_mlp_layernorm"},
                       {"post_feedforward_layernorm", "post_mlp_layernorm"},
                       {"mlp.gate.e_score_correction_bias", "mlp.expert_bias"},
                       {"mlp.gate", "mlp.router.gate"}});
}

}  // namespace

/// AFMoE (Trinity): sandwich norms, gated attention, windows with RoPE, full layers without
/// positions. Source: transformers AfmoeForCausalLM.
Family afmoe() {
  return {.model_type = "afmoe",
          .architectures = {"AfmoeForCausalLM"},
          .ignored_keys = {"global_attn_every_n_layers", "load_balance_coeff", "use_grouped_mm"},
          .spec = afmoe_spec,
          .names = afmoe_names};
}

}  // namespace automodel::models
