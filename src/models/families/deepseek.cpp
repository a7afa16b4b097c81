#include <cmath>

#include "base/known.h"
#include "models/common.h"
#include "models/family.h"
#include "models/mla.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

constexpr GroupDefaults kV3Groups{.groups = 8, .kept = 4, .scale = 2.5};

spec::Mla deepseek_attention(const ConfigReader& c,
                             const spec::Mla& defaults = {.q_lora_rank = 1536,
                                                          .kv_lora_rank = 512,
                                                          .nope_dim = 128,
                                                          .rope_dim = 64,
                                                          .value_dim = 128}) {
  auto attention = mla(c, defaults);
  c.expect("head_dim", attention.rope_dim);
  known(attention.rope).interleaved = c.flag("rope_interleave", true);
  return attention;
}

/// DeepSeek-V3's sigmoid router with the experts of these defaults.
spec::Moe v3_experts(const ConfigReader& c, const MoeDefaults& defaults,
                     const GroupDefaults& groups) {
  auto moe = routed_experts(c, defaults);
  c.expect("scoring_func", "sigmoid");
  moe.router = grouped_sigmoid_router(c, moe, groups);
  moe.shared = shared_experts(moe.inner * c.integer("n_shared_experts", 1), moe.activation);
  return moe;
}

spec::ModelSpec v3_spec(const ConfigReader& c) {
  c.expect("topk_method", "noaux_tc");
  c.expect("moe_layer_freq", 1);
  auto model = decoder_defaults(c);
  model.float32_parts = {"e_score_correction_bias"};
  auto moe = v3_experts(c, {.experts = 256, .per_token = 8, .inner = 2048}, kV3Groups);
  moe.training.correction_step = 0.001;  // upstream trains this type so
  model.layers = routed_layers(c, {.mixer = deepseek_attention(c), .norm = model.final_norm}, moe,
                               sparse_layers(c, 3));
  return model;
}

spec::ModelSpec glm4_moe_lite_spec(const ConfigReader& c) {
  c.expect("topk_method", "noaux_tc");
  auto model = decoder_defaults(c, {.eps = 1e-5});
  model.float32_parts = {"e_score_correction_bias"};
  const auto attention = deepseek_attention(
      c,
      {.q_lora_rank = 768, .kv_lora_rank = 512, .nope_dim = 192, .rope_dim = 64, .value_dim = 256});
  const auto moe = v3_experts(c, {.experts = 64, .per_token = 4, .inner = 1536}, {.scale = 1.8});
  model.layers =
      routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse_layers(c, 1));
  return model;
}

spec::ModelSpec axk1_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  model.float32_parts = {"e_score_correction_bias"};
  if (c.integer("moe_layer_freq", 1) != 1 && !c.has("mlp_layer_types")) {
    c.refuse("moe_layer_freq", "1, or mlp_layer_types");
  }
  const auto moe = v3_experts(c, {.experts = 192, .per_token = 8, .inner = 2048}, kV3Groups);
  const auto sparse = sparse_layers(c, 1);
  model.layers =
      routed_layers(c, {.mixer = deepseek_attention(c), .norm = model.final_norm}, moe, sparse);
  for (std::size_t i = 0; i < sparse.size(); ++i) {
    model.layers[i].placement =
        sparse[i] ? spec::NormPlacement::ffn_sandwich : spec::NormPlacement::pre;
  }
  return model;
}

spec::ModelSpec youtu_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.tied = true});
  model.init.std = c.number("initializer_range", 2 / std::sqrt(5 * static_cast<double>(model.dim)));
  model.init_rules = {{"model.embed_tokens",
                       {.std = c.number("embedding_initializer_range", 2 * model.init.std),
                        .zero_row = model.pad_token_id}}};
  model.layers = uniform_layers(
      c, {.mixer = deepseek_attention(c), .ffn = gated_mlp(c), .norm = model.final_norm});
  return model;
}

spec::WeightNames axk1_names(const spec::ModelSpec& model) {
  auto names = expert_names({{"post_feedforward_layernorm", "post_mlp_layernorm"}});
  names.optional = {"e_score_correction_bias"};
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    if (model.layers[i].placement == spec::NormPlacement::pre) {
      names.ignored.push_back("model.layers." + std::to_string(i) + ".post_mlp_layernorm");
    }
  }
  return names;
}

}  // namespace

/// DeepSeek-V3, V3.1 and R1: latent attention, sigmoid router with groups and a correction. Source:
/// transformers DeepseekV3ForCausalLM.
Family deepseek_v3() {
  return {.model_type = "deepseek_v3",
          .architectures = {"DeepseekV3ForCausalLM"},
          .ignored_keys = {"qk_head_dim", "num_nextn_predict_layers", "ep_size", "aux_loss_alpha",
                           "seq_aux"},
          .spec = v3_spec,
          .names = expert_names_beside_prediction,
          .key_names = {{"num_local_experts", "n_routed_experts"},
                        {"num_mtp_layers", "num_nextn_predict_layers"}}};
}

/// GLM-4.7 Flash: DeepSeek-V3 in other sizes. Source: transformers Glm4MoeLiteForCausalLM.
Family glm4_moe_lite() {
  return {
      .model_type = "glm4_moe_lite",
      .architectures = {"Glm4MoeLiteForCausalLM"},
      .ignored_keys = {"qk_head_dim", "num_nextn_predict_layers", "ep_size",
                       "partial_rotary_factor"},
      .spec = glm4_moe_lite_spec,
      .names = expert_names_beside_prediction,
      .key_names = {{"num_local_experts", "n_routed_experts"}, {"head_dim", "qk_rope_head_dim"}}};
}

/// A.X K1: DeepSeek-V3 with a norm behind the experts. Source: transformers AXK1ForCausalLM.
Family axk1() {
  return {.model_type = "axk1",
          .architectures = {"AXK1ForCausalLM"},
          .ignored_keys = {"qk_head_dim", "topk_method", "ep_size"},
          .spec = axk1_spec,
          .names = axk1_names,
          .key_names = {{"num_local_experts", "n_routed_experts"}}};
}

/// Youtu-LLM: DeepSeek-V3's attention in a dense decoder. Source: transformers YoutuForCausalLM.
Family youtu() {
  return {.model_type = "youtu",
          .architectures = {"YoutuForCausalLM"},
          .ignored_keys = {"qk_head_dim"},
          .spec = youtu_spec};
}

}  // namespace automodel::models
