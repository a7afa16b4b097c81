#pragma once
// Shape suffixes in ops and nn: t tokens of the micro-batch, d model width, h heads, k head width,
// i inner width, v vocabulary, o/i of a weight its output and input width, n labelled rows, r LoRA
// rank.

#include <ATen/core/TensorBody.h>

namespace automodel::ops {

using at::Tensor;

struct NormOptions {
  enum class Kind { rms, layer };
  Kind kind = Kind::rms;
  double eps = 1e-6;
  double weight_offset = 0;
  bool gain_in_float32 = false;
};

/// Normalisation over the last dimension, computed in float32.
/// x: [..., d], any float dtype; weight_d: [d], or [..., d] as x's last dimensions have it (a gain
/// per head), or undefined; bias_d: the same or undefined. Returns x's
/// shape and dtype. rms: x / sqrt(mean(x^2) + eps) * (weight_offset + weight), gain applied after
/// the cast back to x's dtype unless gain_in_float32. layer: (x - mean) / sqrt(var + eps) *
/// (weight_offset + weight) + bias, cast back last. One autograd node: saves x and one value per
/// row, of a layer norm two. Throws Error(invalid_argument) if a parameter does not fit, or for the
/// bias of an rms norm. Source: Zhang & Sennrich 2019; Ba et al.
/// 2016; the order of casts of transformers LlamaRMSNorm / Gemma3RMSNorm.
Tensor norm(const Tensor& x, const Tensor& weight_d, const Tensor& bias_d,
            const NormOptions& options);

/// sum = x + delta and its normalisation, in one call so that a kernel can fuse them.
struct ResidualNorm {
  Tensor sum_td;
  Tensor normed_td;
};
ResidualNorm residual_norm(const Tensor& x_td, const Tensor& delta_td, const Tensor& weight_d,
                           const Tensor& bias_d, const NormOptions& options);

}  // namespace automodel::ops
