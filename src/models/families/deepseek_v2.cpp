#include "base/known.h"
#include "models/common.h"
#include "models/family.h"
#include "models/mla.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

/// Softmax over all experts; with groups, the experts outside the groups of the best single
/// experts are not chosen.
spec::Router v2_router(const ConfigReader& c, const spec::Moe& moe) {
  spec::Router router{.scale = c.number("routed_scaling_factor", 1),
                      .logits_in_float32 = true,
                      .weights_in_float32 = true};
  c.expect("scoring_func", "softmax");
  c.expect("moe_layer_freq", 1);
  const auto method = c.text("topk_method", "greedy");
  if (method == "group_limited_greedy") {
    router.groups = c.integer("n_group");
    router.kept_groups = c.integer("topk_group");
    router.group_best = 1;
  } else if (method != "greedy") {
    c.refuse("topk_method", "greedy, group_limited_greedy");
  }
  if (c.flag("norm_topk_prob", false)) {
    c.refuse("norm_topk_prob", "false (Transformers does not apply it either)");
  }
  check_groups(c, moe, router);
  return router;
}

spec::ModelSpec v2_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  auto attention = mla(c, {.q_lora_rank = 1536,
                           .kv_lora_rank = 512,
                           .nope_dim = 128,
                           .rope_dim = 64,
                           .value_dim = 128});
  auto& rope = known(attention.rope);
  rope.interleaved = rope.in_float32 = true;
  auto moe = routed_experts(c, {.experts = 64, .inner = 1407});
  moe.router = v2_router(c, moe);
  moe.shared = shared_experts(moe.inner * c.integer("n_shared_experts", 2), moe.activation);
  if (c.flag("mlp_bias", false)) {
    c.refuse("mlp_bias", "false");
  }
  model.layers =
      routed_layers(c, {.mixer = attention, .norm = model.final_norm}, moe, sparse_layers(c));
  return model;
}

spec::WeightNames v2_names(const spec::ModelSpec&) { return expert_names(); }

}  // namespace

/// DeepSeek-V2 and V2-Lite: latent attention, softmax router with or without groups, shared
/// experts. Source: transformers DeepseekV2ForCausalLM.
Family deepseek_v2() {
  return {.model_type = "deepseek_v2",
          .architectures = {"DeepseekV2ForCausalLM"},
          .ignored_keys = {"head_dim", "qk_head_dim", "ep_size", "aux_loss_alpha", "seq_aux",
                           "n_group", "topk_group"},
          .spec = v2_spec,
          .names = v2_names,
          .key_names = {{"num_experts", "n_routed_experts"}}};
}

}  // namespace automodel::models
