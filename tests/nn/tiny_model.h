#pragma once
// A small decoder with random weights and a batch of odd documents.

#include <ATen/ATen.h>

#include "nn/decoder.h"

namespace automodel::nn {

inline spec::ModelSpec tiny_spec(spec::NormPlacement placement = spec::NormPlacement::pre) {
  spec::ModelSpec model{
      .model_type = "tiny", .vocab_size = 61, .dim = 24, .max_positions = 64, .tied_head = true};
  const spec::Gqa attention{.heads = 4,
                            .kv_heads = 2,
                            .head_dim = 8,
                            .head_norm = spec::HeadNorm{},
                            .rope = spec::Rope{.theta = 100, .dim = 8},
                            .scale = 0.4};
  for (const bool window : {false, true, false}) {
    spec::Layer layer{.mixer = attention, .ffn = spec::Mlp{.inner = 40}, .placement = placement};
    if (window) {
      std::get<spec::Gqa>(layer.mixer).window = 3;
    }
    model.layers.push_back(layer);
  }
  return model;
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

/// Weights far from the usual initialisation, so that nothing hides.
inline Parameters tiny_parameters(const spec::ModelSpec& model) {
  Parameters out = initialise(model, at::kFloat, 1);
  at::manual_seed(3);
  for (auto& parameter : out.all()) {
    parameter.value = at::randn_like(parameter.value) * (parameter.value.dim() == 1 ? 0.2 : 0.15) +
                      (parameter.value.dim() == 1 ? 1.0 : 0.0);
    parameter.value.requires_grad_(true);
  }
  // at() hands out the tensors of `all()`, so replacing values above replaces them everywhere.
  return out;
}

inline Tokens tiny_tokens(const std::vector<std::int64_t>& lengths) {
  Tokens tokens{.cu_seqlens = {0}};
  std::vector<Tensor> positions;
  std::int64_t total = 0;
  for (const auto length : lengths) {
    positions.push_back(at::arange(length));
    total += length;
    tokens.cu_seqlens.push_back(static_cast<std::int32_t>(total));
  }
  tokens.positions_t = at::cat(positions);
  tokens.ids_t = (at::arange(total) * 17 + 5).remainder(61);
  tokens.labels_t =
      at::where(tokens.positions_t.lt(2), ops::kIgnoreIndex, (tokens.ids_t * 3 + 1).remainder(61));
  return tokens;
}

}  // namespace automodel::nn
