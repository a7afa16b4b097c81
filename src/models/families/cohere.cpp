#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

bool cohere_slides(const ConfigReader& c, std::int64_t layer) {
  const auto pattern = c.integer("sliding_window_pattern", 4);
  return pattern > 0 && (layer + 1) % pattern != 0;
}

spec::ModelSpec cohere_defaults(const ConfigReader& c, double logit_scale) {
  auto model = layer_norm_defaults(
      c, {.tied = true, .pad = 0, .eps = 1e-5, .eps_key = "layer_norm_eps"}, false);
  model.logit_scale = c.number("logit_scale", logit_scale);
  return model;
}

spec::Layer cohere_layer(const ConfigReader& c, const spec::ModelSpec& model,
                         const spec::Gqa& attention) {
  return {.mixer = attention,
          .ffn = gated_mlp(c),
          .norm = model.final_norm,
          .placement = spec::NormPlacement::parallel};
}

spec::ModelSpec cohere_spec(const ConfigReader& c) {
  auto model = cohere_defaults(c, 0.0625);
  auto attention = biased_gqa(c);
  attention.rope = rope(c, attention.head_dim, {.theta = 500000});
  attention.rope->interleaved = true;
  if (c.flag("use_qk_norm", false)) {
    attention.head_norm =
        spec::HeadNorm{.norm = model.final_norm, .over = spec::HeadNorm::Over::each_head};
  }
  model.layers = uniform_layers(c, cohere_layer(c, model, attention));
  return model;
}

spec::ModelSpec cohere2_spec(const ConfigReader& c) {
  c.expect("position_embedding_type", "rope_gptj");
  c.expect("order_of_interleaved_layers", "local_attn_first");
  c.expect("rotary_pct", 1);
  for (const char* key : {"use_embedding_sharing", "use_gated_activation", "use_parallel_block",
                          "use_parallel_embedding"}) {
    c.expect(key, true);  // what Transformers' class always does
  }
  auto model = cohere_defaults(c, 0.0625);
  auto attention = biased_gqa(c);
  auto turned = rope(c, attention.head_dim);
  turned.interleaved = true;
  for (const bool sliding : sliding_layers(c, cohere_slides)) {
    attention.window = window_of(c, sliding);
    attention.rope = sliding ? std::optional(turned) : std::nullopt;
    model.layers.push_back(cohere_layer(c, model, attention));
  }
  return model;
}

spec::ModelSpec cohere_compass_spec(const ConfigReader& c) {
  auto model = cohere_defaults(c, 1);
  auto attention = biased_gqa(c);
  for (const bool sliding : sliding_layers(c, never_slides)) {
    attention.window = window_of(c, sliding);
    attention.rope = rope_of_kind(c, attention.head_dim, sliding);
    model.layers.push_back(cohere_layer(c, model, attention));
  }
  return model;
}

spec::Moe cohere2_experts(const ConfigReader& c) {
  auto moe = routed_experts(
      c, {.experts = 8, .per_token = 2, .inner = 22528, .inner_key = "intermediate_size"});
  const auto score = c.text("expert_selection_fn", "softmax");
  if (score != "softmax" && score != "sigmoid") {
    c.refuse("expert_selection_fn", "softmax, sigmoid");
  }
  moe.router.choose_by_logits = true;
  moe.router.score =
      score == "softmax" ? spec::Router::Score::softmax_of_chosen : spec::Router::Score::sigmoid;
  moe.router.renormalise = score == "sigmoid" && c.flag("norm_topk_prob", true);
  const auto join = c.text("shared_expert_combination_strategy", "average");
  if (join != "average" && join != "sum") {
    c.refuse("shared_expert_combination_strategy", "average, sum");
  }
  const auto shared = c.integer("num_shared_experts", 0);
  if (shared > 0) {
    moe.shared = shared_experts(moe.inner * shared, moe.activation);
    moe.output_scale = join == "average" ? 0.5 : 1;
  }
  return moe;
}

/// The first layers have a pattern of their own.
bool cohere2_moe_slides(const ConfigReader& c, std::int64_t layer) {
  const auto first = c.integer("first_k_dense_replace", 0);
  const auto pattern = layer < first ? c.integer("prefix_dense_sliding_window_pattern", 1)
                                     : c.integer("sliding_window_pattern", 4);
  return pattern > 0 && ((layer < first ? layer : layer - first) + 1) % pattern != 0;
}

spec::ModelSpec cohere2_moe_spec(const ConfigReader& c) {
  auto model = cohere_defaults(c, 0.0625);
  if (c.has("rms_norm_eps")) {
    model.final_norm = {.eps = c.number("rms_norm_eps")};
  }
  if (c.has("rope_scaling")) {
    c.refuse("rope_scaling", "rope_parameters, as Transformers looks at nothing else here");
  }
  const auto attention = biased_gqa(c);
  auto turned = rope(c, attention.head_dim);
  turned.interleaved = true;
  const auto sparse = sparse_layers(c);
  model.layers = routed_layers(c, cohere_layer(c, model, attention), cohere2_experts(c), sparse);
  const bool prefix_turns = c.integer("prefix_dense_sliding_window_pattern", 1) == 1;
  const auto dense_inner =
      c.integer("prefix_dense_intermediate_size", c.integer("intermediate_size"));
  const auto sliding = sliding_layers(c, cohere2_moe_slides);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    auto& own = std::get<spec::Gqa>(model.layers[i].mixer);
    own.window = window_of(c, sliding[i]);
    own.rope = sliding[i] || (!sparse[i] && prefix_turns) ? std::optional(turned) : std::nullopt;
    if (!sparse[i]) {
      std::get<spec::Mlp>(model.layers[i].ffn).inner = dense_inner;
    }
  }
  return model;
}

spec::WeightNames cohere2_moe_names(const spec::ModelSpec&) { return expert_names(); }

}  // namespace

/// Command R: attention and feed-forward in parallel, LayerNorm without bias, interleaved RoPE.
/// Source: transformers CohereForCausalLM.
Family cohere() {
  return {.model_type = "cohere",
          .architectures = {"CohereForCausalLM"},
          .ignored_keys = {},
          .spec = cohere_spec};
}

/// Command R7B: windows with RoPE on three layers of four, the fourth without positions. Source:
/// transformers Cohere2ForCausalLM.
Family cohere2() {
  return {.model_type = "cohere2",
          .architectures = {"Cohere2ForCausalLM"},
          .ignored_keys = {"sliding_window_pattern", "layer_switch"},
          .spec = cohere2_spec};
}

/// Cohere Compass, text: RoPE by layer kind. Source: transformers CohereCompassForCausalLM.
Family cohere_compass_text() {
  return {.model_type = "cohere_compass_text",
          .architectures = {"CohereCompassForCausalLM"},
          .ignored_keys = {"pooling"},
          .spec = cohere_compass_spec};
}

/// Cohere 2 MoE: softmax over the chosen experts, averaged with shared ones. Source: transformers
/// Cohere2MoeForCausalLM.
Family cohere2_moe() {
  return {.model_type = "cohere2_moe",
          .architectures = {"Cohere2MoeForCausalLM"},
          .ignored_keys = {"sliding_window_pattern", "prefix_dense_sliding_window_pattern",
                           "layer_norm_eps", "norm_topk_prob"},
          .spec = cohere2_moe_spec,
          .names = cohere2_moe_names};
}

}  // namespace automodel::models
