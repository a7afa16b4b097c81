#include <cmath>

#include "base/error.h"
#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

constexpr double kGlobalTheta = 1e6;
constexpr double kLocalTheta = 1e4;

bool gemma3_slides(const ConfigReader& c, std::int64_t layer) {
  const auto pattern = c.integer("sliding_window_pattern", 6);
  check(pattern > 0, ErrorKind::corrupt_data,
        "{}: sliding_window_pattern is {}, expected at least 1", c.source(), pattern);
  return (layer + 1) % pattern != 0;
}

/// The hub's older files have rope_theta, rope_scaling (global layers only) and
/// rope_local_base_freq.
spec::Rope gemma3_rope(const ConfigReader& c, std::int64_t head_dim, bool sliding) {
  const Defaults defaults{.theta = sliding ? kLocalTheta : kGlobalTheta,
                          .theta_key = sliding ? "rope_local_base_freq" : "rope_theta"};
  return rope_of_kind_or_older(c, head_dim, sliding, defaults, !sliding);
}

spec::ModelSpec gemma3_spec(const ConfigReader& c) {
  auto model = decoder_defaults(c);
  model.tied_head = c.flag("tie_word_embeddings", true);
  model.max_positions = c.integer("max_position_embeddings", 131072);
  model.final_norm.weight_offset = 1;
  model.final_norm.gain_in_float32 = true;
  model.embedding_scale = std::sqrt(static_cast<double>(model.dim));
  model.logit_softcap = c.maybe_number("final_logit_softcapping");
  model.pad_token_id = c.integer("pad_token_id", 0);
  if (c.has("attn_logit_softcapping")) {
    c.refuse("attn_logit_softcapping", "null (Transformers does not apply it either)");
  }
  if (c.flag("use_bidirectional_attention", false)) {
    c.refuse("use_bidirectional_attention", "false");
  }

  auto attention = normed_gqa(c, model);
  attention.head_dim = c.integer("head_dim", 256);
  attention.scale = 1 / std::sqrt(c.number("query_pre_attn_scalar", 256));
  const spec::Mlp mlp{.inner = c.integer("intermediate_size"),
                      .activation = activation(c, "hidden_activation", "gelu_pytorch_tanh")};
  for (const bool sliding : sliding_layers(c, gemma3_slides)) {
    attention.rope = gemma3_rope(c, attention.head_dim, sliding);
    attention.window = window_of(c, sliding);
    model.layers.push_back({.mixer = attention,
                            .ffn = mlp,
                            .norm = model.final_norm,
                            .placement = spec::NormPlacement::sandwich});
  }
  return model;
}

}  // namespace

/// Gemma 3, text only: sandwich norms with (1 + weight), windows on five layers of six, RoPE per
/// layer kind. Source: transformers Gemma3ForCausalLM.
Family gemma3_text() {
  return {.model_type = "gemma3_text",
          .architectures = {"Gemma3ForCausalLM"},
          .ignored_keys = {"sliding_window_pattern", "_sliding_window_pattern", "hidden_act"},
          .spec = gemma3_spec};
}

}  // namespace automodel::models
