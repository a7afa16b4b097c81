#pragma once
// Linear layers with an optional LoRA adapter beside the frozen or trained weight.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace automodel::ops {

using at::Tensor;

/// Low-rank update beside a weight: y += scale * drop(x) A^T B^T (dropout before), or drop applied
/// after. Source: Hu et al. 2021.
struct Adapter {
  Tensor a_ri;  // [rank, in]
  Tensor b_or;  // [out, rank]
  double scale = 1;
  double dropout = 0;  // probability of zero, 0 outside training
  bool dropout_after =
      false;  // upstream's dropout_position: post drops the update, pre (PEFT) its input
  std::uint64_t dropout_seed =
      0;  // of this adapter in this micro-batch: recompute draws the same mask
};

/// A linear layer as the blocks see it. Its logical shape is [out, in]; how it is stored is the
/// backend's business.
struct Linear {
  Tensor weight_oi;
  Tensor bias_o;  // undefined: none
  std::optional<Adapter> adapter;
};

/// y = x W^T + b, plus the adapter's update. x: [t, in] in the compute dtype; W may be stored in
/// another dtype and is converted on the fly. Returns [t, out] in x's dtype. One autograd node:
/// saves x only if a weight gradient needs it, computes no gradient nobody asked for. Throws
/// Error(invalid_argument) if the widths differ.
Tensor linear(const Tensor& x_ti, const Linear& layer);

/// Layers that see the same input, as one node: [t, out] of each. Their products are computed
/// together, and each layer's part of the input's gradient is added in its product's sums.
std::vector<Tensor> linears(const Tensor& x_ti, std::span<const Linear> layers);

}  // namespace automodel::ops
