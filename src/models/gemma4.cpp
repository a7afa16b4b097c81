#include "models/gemma4.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/known.h"
#include "models/common.h"
#include "models/shared_keys.h"
#include "spec/parameters.h"

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
  return known(rope_of_kind(c, head_dim, sliding));
}

/// per_layer_config's entry of a layer, whose number may stand there with zeros in front.
ConfigReader own_config(const ConfigReader& c, std::size_t layer) {
  const auto all = c.object("per_layer_config");
  std::string key = fmt::format("{}", layer);
  for (auto padded = key; padded.size() <= 5; padded.insert(0, 1, '0')) {
    key = all.has(padded) ? padded : key;
  }
  return all.object(key);
}

/// Heads of full layers are wider, and may be fewer: in per_layer_config, or in older keys.
void set_heads(const ConfigReader& c, spec::Gqa& attention, std::size_t layer, bool sliding) {
  if (c.states("per_layer_config")) {
    const auto own = own_config(c, layer);
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

}  // namespace

spec::ModelSpec gemma4_dense(const ConfigReader& c) {
  auto model = decoder_defaults(c, {.tied = true, .pad = 0});
  model.final_norm.gain_in_float32 = true;
  model.embedding_scale = std::sqrt(static_cast<double>(model.dim));
  model.logit_softcap = c.maybe_number("final_logit_softcapping");
  if (c.text("use_bidirectional_attention", "vision") != "vision") {
    c.refuse("use_bidirectional_attention", "null, vision");
  }
  auto base = normed_gqa(c, model);
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
  share_keys(c, model.layers, sliding);
  for (auto& layer : model.layers) {
    const bool doubled = c.flag("use_double_wide_mlp", false) && spec::lender(layer);
    std::get<spec::Mlp>(layer.ffn).inner *= doubled ? 2 : 1;
  }
  return model;
}

}  // namespace automodel::models
