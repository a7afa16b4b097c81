#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/common.h"
#include "models/family.h"
#include "models/moe.h"

namespace automodel::models {
namespace {

constexpr std::int64_t kGlobalHeadDim = 512;

bool slides_but_each_sixth(const ConfigReader&, std::int64_t layer) { return (layer + 1) % 6 != 0; }

/// The last layer sees everything, whatever the config says.
std::vector<bool> sliding_but_last(const ConfigReader& c) {
  auto sliding = sliding_layers(c, slides_but_each_sixth);
  sliding.back() = false;
  return sliding;
}

spec::Rope rope_of(const ConfigReader& c, std::int64_t head_dim, bool sliding) {
  if (c.has("rope_parameters")) {
    const auto nested = c.object("rope_parameters");
    return rope_from(nested.object(sliding ? "sliding_attention" : "full_attention"), head_dim,
                     {.theta = 10000, .max_positions = c.integer("max_position_embeddings")});
  }
  return sliding ? spec::Rope{.theta = 1e4, .dim = head_dim}
                 : spec::Rope{.theta = 1e6,
                              .dim = head_dim,
                              .scaling = spec::ProportionalScaling{.turned = head_dim / 8 * 2}};
}

/// Heads of full layers are wider, and may be fewer: in per_layer_config, or in older keys.
void set_heads(const ConfigReader& c, spec::Gqa& attention, std::size_t layer, bool sliding) {
  if (c.states("per_layer_config")) {
    const auto own = c.object("per_layer_config").object(fmt::format("{}", layer));
    attention.head_dim = own.integer("head_dim", attention.head_dim);
    attention.kv_heads = own.integer("num_key_value_heads", attention.kv_heads);
    own.finish({});
  } else if (!sliding) {
    attention.head_dim = c.integer("global_head_dim", kGlobalHeadDim);
    attention.kv_heads = attention.keys_as_values
                             ? c.integer("num_global_key_value_heads", attention.kv_heads)
                             : attention.kv_heads;
  }
  check(
      attention.head_dim > 0 && attention.kv_heads > 0 && attention.heads % attention.kv_heads == 0,
      ErrorKind::corrupt_data,
      "{}: layer {} has {} heads of {} and {} key heads, expected a multiple of the key heads",
      c.source(), layer, attention.heads, attention.head_dim, attention.kv_heads);
}

/// The last num_kv_shared_layers take the keys and values of the last layer of their kind before.
void share_keys(const ConfigReader& c, spec::ModelSpec& model, const std::vector<bool>& sliding) {
  const auto shared = c.integer("num_kv_shared_layers", 0);
  const auto count = static_cast<std::int64_t>(sliding.size());
  check(shared >= 0 && shared < count, ErrorKind::corrupt_data,
        "{}: num_kv_shared_layers is {}, expected 0 to {}", c.source(), shared, count - 1);
  const bool wide = c.flag("use_double_wide_mlp", false);
  const auto end = sliding.begin() + (count - shared);
  for (auto i = static_cast<std::size_t>(count - shared); i < sliding.size(); ++i) {
    const auto lender = std::find(std::make_reverse_iterator(end), sliding.rend(), sliding[i]);
    check(lender != sliding.rend(), ErrorKind::corrupt_data,
          "{}: layer {} shares keys and values, but no layer of its kind makes any", c.source(), i);
    const auto from = lender.base() - sliding.begin() - 1;
    auto& own = std::get<spec::Gqa>(model.layers[i].mixer);
    const auto& theirs = std::get<spec::Gqa>(model.layers[static_cast<std::size_t>(from)].mixer);
    check(own.head_dim == theirs.head_dim && own.kv_heads == theirs.kv_heads,
          ErrorKind::corrupt_data, "{}: layer {} shares the keys of layer {}, whose heads differ",
          c.source(), i, from);
    own.kv_layer = from;
    if (auto* mlp = std::get_if<spec::Mlp>(&model.layers[i].ffn); mlp != nullptr && wide) {
      mlp->inner *= 2;
    }
  }
}

spec::ModelSpec dense_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.tied = true, .pad = 0});
  model.final_norm.gain_in_float32 = true;
  model.embedding_scale = std::sqrt(static_cast<double>(model.dim));
  model.logit_softcap = c.maybe_number("final_logit_softcapping");
  if (c.text("use_bidirectional_attention", "vision") == "all") {
    c.refuse("use_bidirectional_attention", "null, vision");
  }
  auto base = gqa(c);
  base.qkv_bias = base.out_bias = c.flag("attention_bias", false);
  base.head_norm = spec::HeadNorm{.norm = model.final_norm};
  base.value_norm = spec::Norm{.eps = model.final_norm.eps, .has_weight = false};
  base.scale = 1;
  const spec::Mlp mlp{.inner = c.integer("intermediate_size"),
                      .activation = activation(c, "hidden_activation", "gelu_pytorch_tanh")};
  const auto sliding = sliding_but_last(c);
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    auto attention = base;
    attention.keys_as_values = !sliding[i] && c.flag("attention_k_eq_v", false);
    set_heads(c, attention, i, sliding[i]);
    attention.rope = rope_of(c, attention.head_dim, sliding[i]);
    attention.window = window_of(c, sliding[i], 512);
    model.layers.push_back({.mixer = attention,
                            .ffn = mlp,
                            .norm = model.final_norm,
                            .placement = spec::NormPlacement::sandwich,
                            .has_scalar = true});
  }
  share_keys(c, model, sliding);
  return model;
}

spec::Moe experts(const ConfigReader& c, const spec::ModelSpec& model) {
  auto moe = routed_experts(
      c, {.experts = 0, .per_token = 0, .inner = 0, .per_token_key = "top_k_experts"});
  moe.activation = activation(c, "hidden_activation", "gelu_pytorch_tanh");
  moe.router = {.norm = spec::Norm{.eps = model.final_norm.eps},
                .input_scale = 1 / std::sqrt(static_cast<double>(model.dim)),
                .renormalise = true,
                .expert_scale = true,
                .weights_in_float32 = true};
  return moe;
}

spec::ModelSpec gemma4_spec(const ConfigReader& c) {
  auto model = dense_spec(c);
  if (const auto width = c.integer("hidden_size_per_layer_input", 256); width != 0) {
    model.layer_inputs = spec::LayerInputs{.vocab_size = c.integer("vocab_size_per_layer_input"),
                                           .dim = width,
                                           .norm = model.final_norm};
    check(width > 0 && model.layer_inputs->vocab_size >= model.vocab_size, ErrorKind::corrupt_data,
          "{}: per-layer embeddings are {} wide for {} tokens, expected at least 1 for {}",
          c.source(), width, model.layer_inputs->vocab_size, model.vocab_size);
  }
  const bool routed = c.flag("enable_moe_block", false);
  for (auto& layer : model.layers) {
    if (model.layer_inputs) {
      layer.input = spec::LayerInput{.dim = model.layer_inputs->dim,
                                     .activation = std::get<spec::Mlp>(layer.ffn).activation};
    }
    if (routed) {
      layer.ffn = spec::MlpBesideMoe{.mlp = std::get<spec::Mlp>(layer.ffn),
                                     .moe = experts(c, model),
                                     .norm = model.final_norm};
    }
  }
  return model;
}

spec::WeightNames gemma4_names(const spec::ModelSpec& model) {
  spec::WeightNames names{.renames = {{"mlp.gate.norm.weight", "router.scale"},
                                      {"mlp.gate.expert_scale", "router.per_expert_scale"},
                                      {"mlp.gate", "router.proj"},
                                      {"mlp.experts.gate_proj.weight", "experts.gate_up_proj"},
                                      {"mlp.experts.up_proj.weight", "experts.gate_up_proj"},
                                      {"mlp.experts.down_proj.weight", "experts.down_proj"}},
                          .groups = {},
                          .transposed = {}};
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    if (std::get<spec::Gqa>(model.layers[i].mixer).kv_layer) {
      for (const auto* part : {"k_proj", "v_proj", "k_norm", "v_norm"}) {
        names.ignored.push_back(fmt::format("layers.{}.self_attn.{}", i, part));
      }
    }
  }
  return names;
}

}  // namespace

/// Gemma 4, text only: wider heads on full layers, shared keys and values, per-layer embeddings,
/// experts beside the dense feed-forward. Source: transformers Gemma4ForCausalLM.
Family gemma4_text() {
  return {.model_type = "gemma4_text",
          .architectures = {"Gemma4ForCausalLM"},
          .ignored_keys = {"num_global_key_value_heads", "num_experts", "top_k_experts",
                           "moe_intermediate_size", "vocab_size_per_layer_input"},
          .spec = gemma4_spec,
          .names = gemma4_names};
}

/// Gemma 4 without per-layer embeddings and experts. Source: transformers
/// Gemma4UnifiedForCausalLM.
Family gemma4_unified_text() {
  return {.model_type = "gemma4_unified_text",
          .architectures = {"Gemma4UnifiedForCausalLM"},
          .ignored_keys = {"num_global_key_value_heads"},
          .spec = dense_spec,
          .names = gemma4_names};
}

}  // namespace automodel::models
