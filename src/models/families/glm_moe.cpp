#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

bool slides_after_max_window_layers(const ConfigReader& c, std::int64_t layer) {
  return c.has("sliding_window") && layer >= c.integer("max_window_layers", 62);
}

/// DeepSeek-V3's experts; the shared ones are `n_shared_experts` times as wide.
spec::Moe deepseek_experts(const ConfigReader& c, const MoeDefaults& defaults,
                           std::int64_t shared) {
  auto moe = routed_experts(c, defaults);
  moe.router = grouped_sigmoid_router(c, moe);
  moe.shared = shared_experts(moe.inner * c.integer("n_shared_experts", shared), moe.activation);
  return moe;
}

spec::ModelSpec dots1_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  model.float32_parts = {"e_score_correction_bias"};
  auto attention = normed_gqa(c, model);
  attention.rope = rope(c, attention.head_dim);
  if (const auto score = c.text("scoring_func", "sigmoid"); score != "noaux_tc") {
    c.expect("scoring_func", "sigmoid");  // the published files name the method there
  }
  c.expect("topk_method", "noaux_tc");
  c.expect("moe_layer_freq", 1);
  auto moe = deepseek_experts(c, {.inner = 1408}, 1);
  moe.router.renormalise = c.flag("norm_topk_prob", false);
  model.layers =
      routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse_layers(c));
  const auto sliding = sliding_layers(c, slides_after_max_window_layers);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    std::get<spec::Gqa>(model.layers[i].mixer).window = window_of(c, sliding[i]);
  }
  return model;
}

spec::ModelSpec glm4_moe_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  model.float32_parts = {"e_score_correction_bias"};
  auto attention = gqa(c);
  attention.qkv_bias = c.flag("attention_bias", false);
  if (c.flag("use_qk_norm", false)) {
    attention.head_norm = spec::HeadNorm{.norm = model.final_norm};
  }
  attention.rope = rope(c, attention.head_dim, {.partial_rotary = 0.5});
  const auto moe = deepseek_experts(c, {.experts = 128, .per_token = 8, .inner = 1408}, 1);
  model.layers =
      routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse_layers(c, 1));
  return model;
}

spec::ModelSpec solar_open_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  model.float32_parts = {"e_score_correction_bias"};
  auto attention = gqa(c);
  attention.qkv_bias = c.flag("attention_bias", false);
  attention.rope = rope(c, attention.head_dim, {.theta = 1e6});
  const auto moe = deepseek_experts(c, {.experts = 128, .per_token = 8, .inner = 1280}, 1);
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = moe, .norm = model.final_norm});
  return model;
}

spec::WeightNames deepseek_names(const spec::ModelSpec&) { return expert_names(); }

}  // namespace

/// dots.llm1: DeepSeek-V3's experts over Qwen3's attention. Source: transformers
/// Dots1ForCausalLM.
Family dots1() {
  return {.model_type = "dots1",
          .architectures = {"Dots1ForCausalLM"},
          .ignored_keys = {"max_window_layers", "n_shared_experts", "ep_size"},
          .spec = dots1_spec,
          .names = deepseek_names,
          .key_names = {{"num_local_experts", "n_routed_experts"}}};
}

/// GLM-4.5 and 4.6: DeepSeek-V3's experts, RoPE on half of each head. The layers for multi-token
/// prediction are not part of the model. Source: transformers Glm4MoeForCausalLM.
Family glm4_moe() {
  return {.model_type = "glm4_moe",
          .architectures = {"Glm4MoeForCausalLM"},
          .ignored_keys = {"num_nextn_predict_layers"},
          .spec = glm4_moe_spec,
          .names = expert_names_beside_prediction,
          .key_names = {{"num_local_experts", "n_routed_experts"},
                        {"num_mtp_layers", "num_nextn_predict_layers"}}};
}

/// Solar Open: DeepSeek-V3's experts on every layer. Source: transformers SolarOpenForCausalLM.
Family solar_open() {
  return {.model_type = "solar_open",
          .architectures = {"SolarOpenForCausalLM"},
          .ignored_keys = {"first_k_dense_replace", "intermediate_size", "use_qk_norm",
                           "num_nextn_predict_layers"},
          .spec = solar_open_spec,
          .names = deepseek_names,
          .key_names = {{"num_local_experts", "n_routed_experts"}}};
}

}  // namespace automodel::models
