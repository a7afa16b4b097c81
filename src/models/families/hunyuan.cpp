#include <cmath>

#include "base/error.h"
#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

/// With `alpha` a "dynamic" RoPE has fixed frequencies of a larger theta.
spec::Rope hunyuan_rope(const ConfigReader& c, std::int64_t head_dim) {
  auto result =
      rope(c, head_dim, {}, {"alpha", "beta_fast", "beta_slow", "mscale", "mscale_all_dim"});
  const double alpha = rope_object(c).number("alpha", 0);
  if (alpha != 0 && std::holds_alternative<spec::DynamicScaling>(result.scaling)) {
    const auto dim = static_cast<double>(head_dim);
    result.theta *= std::pow(alpha, dim / (dim - 2));
    result.scaling = std::monostate();
  }
  return result;
}

spec::ModelSpec hunyuan_model(const ConfigReader& c, const spec::Ffn& ffn) {
  auto model = decoder_defaults(c, {.pad = 0, .eps = 1e-5});
  auto attention = biased_gqa(c);
  c.expect("attention_head_dim", attention.head_dim);
  c.expect("use_qk_norm", true);
  c.expect("use_cla", false);
  c.expect("norm_type", "rms");
  c.expect("use_rotary_pos_emb", true);
  attention.rope = hunyuan_rope(c, attention.head_dim);
  attention.head_norm = spec::HeadNorm{.norm = model.final_norm, .after_rope = true};
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = ffn, .norm = model.final_norm});
  return model;
}

spec::ModelSpec hunyuan_spec(const ConfigReader& c) { return hunyuan_model(c, gated_mlp(c)); }

/// moe_topk may be a list, of each layer's experts per token.
void choose_by_layer(const ConfigReader& c, spec::ModelSpec& model) {
  const auto per_token = c.numbers("moe_topk");
  check_per_layer(c, "moe_topk", per_token.size());
  for (std::size_t i = 0; i < per_token.size(); ++i) {
    auto& moe = std::get<spec::Moe>(model.layers[i].ffn);
    check(per_token[i] >= 1 && per_token[i] <= static_cast<double>(moe.experts),
          ErrorKind::corrupt_data, "{}: moe_topk is {} in layer {}, expected 1 to {}", c.source(),
          per_token[i], i, moe.experts);
    moe.per_token = static_cast<std::int64_t>(per_token[i]);
  }
}

spec::ModelSpec hunyuan_moe_spec(const ConfigReader& c) {
  const bool by_layer = c.is_list("moe_topk");
  auto moe = routed_experts(c, {.experts = 1,
                                .per_token = 1,
                                .inner = 11008,
                                .inner_key = "intermediate_size",
                                .per_token_key = by_layer ? "num_experts_per_tok" : "moe_topk"});
  moe.router.renormalise = true;
  moe.router.logits_in_float32 = true;
  moe.shared = shared_experts(moe.inner, moe.activation);
  auto model = hunyuan_model(c, moe);
  model.float32_parts = {"mlp.gate.weight"};
  if (by_layer) {
    choose_by_layer(c, model);
  }
  return model;
}

/// What its files say of switches that Transformers' class does not have.
void check_hy_v3_keys(const ConfigReader& c, const spec::Moe& moe) {
  for (const auto* key :
       {"qk_norm", "route_norm", "moe_router_use_sigmoid", "moe_router_enable_expert_bias"}) {
    c.expect(key, true);
  }
  c.expect("expert_hidden_dim", moe.inner);
}

spec::ModelSpec hy_v3_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.eps = 1e-5});
  model.float32_parts = {"e_score_correction_bias"};
  auto attention = normed_gqa(c, model);
  attention.rope = rope(c, attention.head_dim, {.theta = 11158840});
  auto moe = routed_experts(c, {.experts = 192, .per_token = 8, .inner = 1536});
  check_hy_v3_keys(c, moe);
  moe.router = {.score = spec::Router::Score::sigmoid,
                .correction = true,
                .renormalise = true,
                .renormalise_eps = 1e-20,
                .scale = c.number("router_scaling_factor", 2.826),
                .logits_in_float32 = true,
                .weights_in_float32 = true};
  moe.shared = shared_experts(moe.inner * c.integer("num_shared_experts", 1), moe.activation);
  moe.shared->mlp.bias = c.flag("mlp_bias", false);
  model.layers =
      routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse_layers(c, 1));
  for (auto& layer : model.layers) {
    if (auto* mlp = std::get_if<spec::Mlp>(&layer.ffn)) {
      mlp->bias = moe.shared->mlp.bias;
    }
  }
  return model;
}

spec::WeightNames hunyuan_names(const spec::ModelSpec&) {
  return {.renames = {{"self_attn.q_norm", "self_attn.query_layernorm"},
                      {"self_attn.k_norm", "self_attn.key_layernorm"}}};
}

spec::WeightNames hunyuan_moe_names(const spec::ModelSpec& model) {
  auto names = expert_names();
  for (const auto& rename : hunyuan_names(model).renames) {
    names.renames.push_back(rename);
  }
  names.renames.push_back({"mlp.gate", "mlp.gate.wg"});
  names.renames.push_back({"mlp.shared_experts", "mlp.shared_mlp"});
  return names;
}

spec::WeightNames hy_v3_names(const spec::ModelSpec& model) {
  auto names = expert_names_beside_prediction(model);
  names.renames.push_back({"mlp.gate.e_score_correction_bias", "mlp.expert_bias"});
  names.renames.push_back({"mlp.gate", "mlp.router.gate"});
  names.renames.push_back({"mlp.shared_experts", "mlp.shared_mlp"});
  names.loaded.push_back({"mlp.router.gate", "mlp.gate"});
  names.loaded.push_back({"mlp.shared_mlp", "mlp.shared_experts"});
  return names;
}

}  // namespace

/// HunYuan, dense: q/k norm after RoPE, NTK by alpha. Source: transformers
/// HunYuanDenseV1ForCausalLM.
Family hunyuan_v1_dense() {
  return {.model_type = "hunyuan_v1_dense",
          .architectures = {"HunYuanDenseV1ForCausalLM"},
          .ignored_keys = {"eod_token_id", "cla_share_factor", "org_vocab_size", "sep_token_id",
                           "im_end_id", "im_start_id", "im_newline_id", "text_start_id",
                           "text_end_id", "mask_init_id", "add_classification_head", "class_num",
                           "pool_type", "num_media_embeds", "xla", "enable_lm_head_fp32",
                           "rope_type", "dense_list", "pad_id"},
          .spec = hunyuan_spec,
          .names = hunyuan_names};
}

/// HunYuan A13B: softmax over all experts, a shared expert. Source: transformers
/// HunYuanMoEV1ForCausalLM.
Family hunyuan_v1_moe() {
  auto family = hunyuan_v1_dense();
  family.model_type = "hunyuan_v1_moe";
  family.architectures = {"HunYuanMoEV1ForCausalLM"};
  family.spec = hunyuan_moe_spec;
  family.names = hunyuan_moe_names;
  family.ignored_keys.insert(
      family.ignored_keys.end(),
      {"moe_intermediate_size", "num_shared_expert", "use_mixed_mlp_moe", "moe_drop_tokens",
       "moe_layer_num_skipped", "moe_random_routing_dropped_token", "norm_topk_prob",
       "routed_scaling_factor", "group_limited_greedy", "position_embedding_xdrope", "n_group",
       "topk_group", "kv_lora_rank", "q_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim",
       "v_head_dim"});
  family.key_names = {{"num_local_experts", "num_experts"}};
  return family;
}

/// HY 3: sigmoid scores with a correction, the first layer dense. Source: transformers
/// HYV3ForCausalLM.
Family hy_v3() {
  return {.model_type = "hy_v3",
          .architectures = {"HYV3ForCausalLM"},
          .ignored_keys = {"enable_moe_fp32_combine", "enable_lm_head_fp32",
                           "num_nextn_predict_layers"},
          .spec = hy_v3_spec,
          .names = hy_v3_names,
          .key_names = {{"num_local_experts", "num_experts"}}};
}

}  // namespace automodel::models
