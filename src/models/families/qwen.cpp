#include <cmath>

#include "models/common.h"
#include "models/family.h"

namespace automodel::models {
namespace {

bool slides_after_max_window_layers(const ConfigReader& c, std::int64_t layer) {
  return c.flag("use_sliding_window", false) && c.has("sliding_window") &&
         layer >= c.integer("max_window_layers", 28);
}

spec::ModelSpec qwen_spec(const ConfigReader& c, const spec::Gqa& attention) {
  auto model = decoder_defaults(c);
  const auto window = c.maybe_integer("sliding_window");
  const bool use_window = c.flag("use_sliding_window", false);
  for (const bool sliding : sliding_layers(c, slides_after_max_window_layers)) {
    spec::Layer layer{.mixer = attention, .ffn = gated_mlp(c), .norm = model.final_norm};
    if (sliding && use_window) {
      std::get<spec::Gqa>(layer.mixer).window = window;
    }
    model.layers.push_back(layer);
  }
  return model;
}

spec::ModelSpec qwen2_spec(const ConfigReader& c) {
  auto attention = gqa(c);
  attention.qkv_bias = true;
  attention.rope = rope(c, attention.head_dim);
  return qwen_spec(c, attention);
}

spec::ModelSpec qwen3_spec(const ConfigReader& c) {
  auto attention = biased_gqa(c);
  attention.head_dim = c.integer("head_dim", 128);
  attention.scale = 1 / std::sqrt(static_cast<double>(attention.head_dim));
  attention.head_norm = spec::HeadNorm{.norm = {.eps = c.number("rms_norm_eps", 1e-6)}};
  attention.rope = rope(c, attention.head_dim);
  return qwen_spec(c, attention);
}

}  // namespace

/// Qwen2 and Qwen2.5: biases on q, k, v. Source: transformers Qwen2ForCausalLM.
Family qwen2() {
  return {.model_type = "qwen2",
          .architectures = {"Qwen2ForCausalLM"},
          .ignored_keys = {"max_window_layers", "dual_chunk_attention_config"},
          .spec = qwen2_spec};
}

/// Qwen3: per-head RMSNorm on q and k instead of biases. Source: transformers Qwen3ForCausalLM.
Family qwen3() {
  return {.model_type = "qwen3",
          .architectures = {"Qwen3ForCausalLM"},
          .ignored_keys = {"max_window_layers"},
          .spec = qwen3_spec};
}

}  // namespace automodel::models
