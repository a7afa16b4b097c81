#include <cmath>

#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

/// Granite's attention and multipliers around this feed-forward.
spec::ModelSpec granite_model(const ConfigReader& c, const spec::Ffn& ffn, double attention_scale,
                              spec::NormPlacement placement, const Defaults& defaults = {}) {
  auto model = decoder_defaults(c, defaults);
  model.embedding_scale = c.number("embedding_multiplier", 1);
  model.logit_scale = 1 / c.number("logits_scaling", 1);
  auto attention = biased_gqa(c);
  attention.rope = rope(c, attention.head_dim);
  attention.scale = c.number("attention_multiplier", attention_scale);
  model.layers = uniform_layers(c, {.mixer = attention,
                                    .ffn = ffn,
                                    .norm = model.final_norm,
                                    .placement = placement,
                                    .residual_scale = c.number("residual_multiplier", 1)});
  return model;
}

spec::Mlp dense(const ConfigReader& c) {
  auto mlp = gated_mlp(c);
  mlp.bias = c.flag("mlp_bias", false);
  return mlp;
}

spec::ModelSpec granite_spec(const ConfigReader& c) {
  return granite_model(c, dense(c), 1, spec::NormPlacement::pre);
}

spec::ModelSpec hyperclovax_spec(const ConfigReader& c) {
  const bool sandwich = c.flag("use_post_norm", true);
  auto model = granite_model(c, dense(c), std::pow(static_cast<double>(gqa(c).head_dim), -0.5),
                             sandwich ? spec::NormPlacement::sandwich : spec::NormPlacement::pre);
  model.logit_scale = c.number("logits_scaling", 1);
  return model;
}

spec::WeightNames hyperclovax_names(const spec::ModelSpec& model) {
  if (model.layers.front().placement != spec::NormPlacement::sandwich) {
    return {};
  }
  return {.renames = {{"post_attention_layernorm", "post_norm1"},
                      {"pre_feedforward_layernorm", "post_attention_layernorm"},
                      {"post_feedforward_layernorm", "post_norm2"}}};
}

spec::Moe granite_experts(const ConfigReader& c) {
  auto moe = routed_experts(c, {.experts = 8,
                                .per_token = 2,
                                .inner = 11008,
                                .inner_key = "intermediate_size",
                                .balance_loss = 0.001});
  moe.router.score = spec::Router::Score::softmax_of_chosen;
  const auto shared = c.integer("shared_intermediate_size", 0);
  if (shared != 0) {
    moe.shared = shared_experts(shared, moe.activation);
  }
  return moe;
}

spec::ModelSpec granitemoe_spec(const ConfigReader& c) {
  return granite_model(c, granite_experts(c), 1, spec::NormPlacement::pre);
}

spec::WeightNames granitemoe_names(const spec::ModelSpec&) {
  return {
      .renames = {{"mlp.gate", "block_sparse_moe.router.layer"},
                  {"mlp.experts.gate_proj", "block_sparse_moe.input_linear"},
                  {"mlp.experts.up_proj", "block_sparse_moe.input_linear"},
                  {"mlp.experts.down_proj", "block_sparse_moe.output_linear"},
                  {"mlp.shared_experts.gate_proj", "shared_mlp.input_linear"},
                  {"mlp.shared_experts.up_proj", "shared_mlp.input_linear"},
                  {"mlp.shared_experts.down_proj", "shared_mlp.output_linear"}},
      .loaded = {{"block_sparse_moe.router.layer", "block_sparse_moe.router"},
                 {"block_sparse_moe.input_linear.weight", "block_sparse_moe.experts.gate_up_proj"},
                 {"block_sparse_moe.output_linear.weight", "block_sparse_moe.experts.down_proj"}}};
}

bool slides_but_for_every_fourth(const ConfigReader&, std::int64_t layer) { return layer % 4 != 0; }

/// The base of each layer's RoPE; 0: that layer has no positions.
std::vector<double> layer_thetas(const ConfigReader& c, double theta, std::size_t count) {
  const auto thetas =
      c.has("layer_rope_theta") ? c.numbers("layer_rope_theta") : std::vector<double>(count, theta);
  check_per_layer(c, "layer_rope_theta", thetas.size());
  return thetas;
}

/// Granite with sinks, windows in some layers, and a RoPE of each layer's own.
spec::ModelSpec windowed_model(const ConfigReader& c, const spec::Ffn& ffn,
                               const Defaults& defaults) {
  auto model = granite_model(c, ffn, 1, spec::NormPlacement::pre, defaults);
  model.init_rules = {{"sinks", {}}};
  const auto sliding = sliding_layers(c, slides_but_for_every_fourth);
  const auto common = rope(c, gqa(c).head_dim);
  const auto thetas = layer_thetas(c, common.theta, sliding.size());
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    auto& attention = std::get<spec::Gqa>(model.layers[i].mixer);
    attention.sinks = true;
    attention.rope = common;
    attention.rope->theta = thetas[i];
    if (thetas[i] == 0) {
      attention.rope.reset();
    }
    if (sliding[i]) {
      attention.window = c.integer("sliding_window", 128);
    }
  }
  return model;
}

spec::ModelSpec granite_swa_spec(const ConfigReader& c) {
  return windowed_model(c, dense(c), {.tied = true, .eps = 1e-5});
}

spec::ModelSpec granitemoe_swa_spec(const ConfigReader& c) {
  return windowed_model(c, granite_experts(c), {});
}

spec::WeightNames granitemoe_swa_names(const spec::ModelSpec&) {
  return {.renames = {{"mlp.gate", "block_sparse_moe.router"},
                      {"mlp.experts.gate_proj.weight", "block_sparse_moe.experts.gate_up_proj"},
                      {"mlp.experts.up_proj.weight", "block_sparse_moe.experts.gate_up_proj"},
                      {"mlp.experts.down_proj.weight", "block_sparse_moe.experts.down_proj"},
                      {"mlp.shared_experts.gate_proj", "shared_mlp.input_linear"},
                      {"mlp.shared_experts.up_proj", "shared_mlp.input_linear"},
                      {"mlp.shared_experts.down_proj", "shared_mlp.output_linear"}}};
}

}  // namespace

/// Granite 3, dense: multipliers on embedding, attention, residuals and logits. Source:
/// transformers GraniteForCausalLM.
Family granite() {
  return {.model_type = "granite",
          .architectures = {"GraniteForCausalLM"},
          .ignored_keys = {},
          .spec = granite_spec};
}

/// Granite 3 MoE: softmax over the chosen experts, Granite's multipliers. Source: transformers
/// GraniteMoeForCausalLM.
Family granitemoe() {
  return {.model_type = "granitemoe",
          .architectures = {"GraniteMoeForCausalLM"},
          .ignored_keys = {},
          .spec = granitemoe_spec,
          .names = granitemoe_names};
}

/// Granite MoE with a shared expert. Source: transformers GraniteMoeSharedForCausalLM.
Family granitemoeshared() {
  return {.model_type = "granitemoeshared",
          .architectures = {"GraniteMoeSharedForCausalLM"},
          .ignored_keys = {},
          .spec = granitemoe_spec,
          .names = granitemoe_names};
}

/// Granite with windows on three layers of four, sinks, and a RoPE base (or none) of each layer's
/// own. Source: transformers GraniteSWAForCausalLM.
Family granite_swa() {
  return {.model_type = "granite_swa",
          .architectures = {"GraniteSWAForCausalLM"},
          .ignored_keys = {},
          .spec = granite_swa_spec};
}

/// Granite MoE with granite_swa's attention. Source: transformers GraniteMoeSWAForCausalLM.
Family granitemoe_swa() {
  return {.model_type = "granitemoe_swa",
          .architectures = {"GraniteMoeSWAForCausalLM"},
          .ignored_keys = {},
          .spec = granitemoe_swa_spec,
          .names = granitemoe_swa_names};
}

/// HyperCLOVA X: Granite's multipliers with sandwich norms. Source: transformers
/// HyperCLOVAXForCausalLM.
Family hyperclovax() {
  return {.model_type = "hyperclovax",
          .architectures = {"HyperCLOVAXForCausalLM"},
          .ignored_keys = {},
          .spec = hyperclovax_spec,
          .names = hyperclovax_names};
}

}  // namespace automodel::models
