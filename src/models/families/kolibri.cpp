#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

bool flint_slides(const ConfigReader& c, std::int64_t layer) {
  return layer >= 2 && layer % 4 != 1 && layer != layer_count(c) - 1;
}

/// RoPE where the layer has a window; none on full layers.
void place_windows(const ConfigReader& c, spec::ModelSpec& model, std::vector<bool> sliding) {
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    auto& own = std::get<spec::Gqa>(model.layers[i].mixer);
    own.window = window_of(c, sliding[i], 513);
    own.rope = sliding[i] ? own.rope : std::nullopt;
  }
}

spec::ModelSpec kolibri1_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  model.float32_parts = {"e_score_correction_bias"};
  auto attention = gqa(c);
  attention.head_norm = spec::HeadNorm{.norm = model.final_norm};
  attention.rope = rope(c, attention.head_dim);
  auto moe = routed_experts(c, {.experts = 384, .per_token = 6, .inner = 512});
  moe.router = {.score = spec::Router::Score::sigmoid,
                .choose_by_logits = true,
                .correction = true,
                .renormalise = c.flag("norm_topk_prob", false),
                .logits_in_float32 = true,
                .weights_in_float32 = true};
  moe.shared = shared_experts(c.integer("shared_expert_intermediate_size", 512), moe.activation);
  model.layers = uniform_layers(c, {.mixer = attention,
                                    .ffn = moe,
                                    .norm = model.final_norm,
                                    .placement = spec::NormPlacement::sandwich});
  place_windows(c, model, sliding_layers(c, slides_but_each<5>));
  return model;
}

spec::ModelSpec flint_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  model.final_norm.gain_in_float32 = true;
  model.float32_parts = {"mlp.gate.weight", "sinks"};
  auto attention = normed_gqa(c, model);
  attention.sinks = true;
  attention.rope = rope(c, attention.head_dim);
  auto moe =
      routed_experts(c, {.experts = 256, .per_token = 6, .inner = 512, .balance_loss = 0.0005});
  moe.router = {.score = spec::Router::Score::sigmoid,
                .renormalise = c.flag("norm_topk_prob", true),
                .logits_in_float32 = true,
                .weights_in_float32 = true};
  moe.shared = shared_experts(c.integer("shared_expert_intermediate_size", 1024), moe.activation);
  auto sparse = sparse_layers(c);
  for (std::size_t i = 0; i < std::min<std::size_t>(2, sparse.size()); ++i) {
    sparse[i] = sparse[i] && c.has("mlp_only_layers");
  }
  model.layers = routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse);
  place_windows(c, model, sliding_layers(c, flint_slides));
  return model;
}

spec::WeightNames kolibri1_names(const spec::ModelSpec&) {
  return expert_names({{"post_attention_layernorm", "post_attn_norm"},
                       {"pre_feedforward_layernorm", "post_attention_layernorm"},
                       {"post_feedforward_layernorm", "post_ffn_norm"},
                       {"mlp.gate.e_score_correction_bias", "moe.router.expert_bias"}});
}

spec::WeightNames flint_names(const spec::ModelSpec&) {
  return expert_names({{"mlp.shared_experts", "mlp.shared_expert"},
                       {"self_attn.sinks", "self_attn.softmax_offset"}});
}

}  // namespace

/// Kolibri 1: sandwich norms, windows with RoPE, a correction added to the router's logits. Source:
/// transformers Kolibri1ForCausalLM.
Family kolibri1() {
  return {.model_type = "kolibri1",
          .architectures = {"Kolibri1ForCausalLM"},
          .ignored_keys = {},
          .spec = kolibri1_spec,
          .names = kolibri1_names,
          .key_names = {{"num_experts", "num_local_experts"}}};
}

/// Flint: sinks, windows with RoPE, sigmoid scores. Source: transformers FlintForCausalLM.
Family flint() {
  return {.model_type = "flint",
          .architectures = {"FlintForCausalLM"},
          .ignored_keys = {},
          .spec = flint_spec,
          .names = flint_names};
}

}  // namespace automodel::models
