#include "base/known.h"
#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

spec::ModelSpec olmoe_model(const ConfigReader& c, const spec::ModelSpec& defaults,
                            const MoeDefaults& experts, double theta) {
  auto model = defaults;
  auto attention = biased_gqa(c);
  attention.clip = c.maybe_number("clip_qkv");
  attention.head_norm =
      spec::HeadNorm{.norm = model.final_norm, .over = spec::HeadNorm::Over::all_heads};
  attention.rope = rope(c, attention.head_dim, {.theta = theta});
  auto moe = routed_experts(c, experts);
  moe.router.renormalise = c.flag("norm_topk_prob", false);
  model.layers = uniform_layers(c, {.mixer = attention, .ffn = moe, .norm = model.final_norm});
  return model;
}

spec::ModelSpec olmoe_spec(const ConfigReader& c) {
  return olmoe_model(c, decoder_defaults(c, {.pad = 1, .eps = 1e-5}),
                     {.experts = 64,
                      .per_token = 8,
                      .inner = 2048,
                      .inner_key = "intermediate_size",
                      .balance_loss = 0.01},
                     10000);
}

spec::ModelSpec flex_olmo_spec(const ConfigReader& c) {
  auto defaults = decoder_defaults(c, {.pad = 100277});
  defaults.final_norm.gain_in_float32 = true;
  auto model = olmoe_model(c, defaults,
                           {.experts = 7,
                            .per_token = 5,
                            .inner = 11008,
                            .inner_key = "intermediate_size",
                            .balance_loss = 0.01},
                           500000);
  for (auto& layer : model.layers) {
    layer.placement = spec::NormPlacement::post;
    known(std::get<spec::Gqa>(layer.mixer).rope).in_float32 = true;
  }
  return model;
}

spec::WeightNames olmoe_names(const spec::ModelSpec&) { return expert_names(); }

}  // namespace

/// OLMoE: clipped q, k, v, q/k norm over all heads, weights that do not sum to one. Source:
/// transformers OlmoeForCausalLM.
Family olmoe() {
  return {.model_type = "olmoe",
          .architectures = {"OlmoeForCausalLM"},
          .ignored_keys = {},
          .spec = olmoe_spec,
          .names = olmoe_names,
          .key_names = {{"num_local_experts", "num_experts"}}};
}

/// FlexOlmo: OLMo 2 with experts trained apart. Source: transformers FlexOlmoForCausalLM.
Family flex_olmo() {
  return {.model_type = "flex_olmo",
          .architectures = {"FlexOlmoForCausalLM"},
          .ignored_keys = {},
          .spec = flex_olmo_spec,
          .names = olmoe_names,
          .key_names = {{"num_local_experts", "num_experts"}}};
}

}  // namespace automodel::models
