#pragma once
// Attention over documents that lie one behind the other, without padding.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace automodel::ops {

using at::Tensor;

struct AttentionOptions {
  double scale = 1;
  std::optional<std::int64_t> window;  // a query sees itself and window - 1 keys before it
  std::optional<std::int64_t> chunk;   // a query sees the keys of its chunk of this many positions
  std::optional<double> softcap;       // s -> softcap * tanh(s / softcap), after the scale
  Tensor slopes_h;         // [heads] float32, ALiBi: minus slope * distance; undefined: none
  double slope_scale = 1;  // of that
  bool slopes_in_bfloat16 = false;  // plus slope * key position instead, in bfloat16, then scaled
  Tensor sinks_h;  // [heads]: a logit that joins each row's softmax; undefined: none
};

/// Causal attention inside each document. Document n is rows cu_seqlens[n] .. cu_seqlens[n + 1].
/// q_thk: [t, heads, k]; k_thk: [t, kv heads, k]; v_thk: [t, kv heads, w]; heads is a multiple of
/// kv heads. Returns [t, heads, w]. Softmax in float32. Memory O(t) where our kernels apply
/// (ops/attention_node.h) or LibTorch's flash kernel (no window or chunk shorter than a document,
/// no softcap, slopes or sinks, w = k), else O(document length^2) of one document at a time.
/// Throws Error(invalid_argument) if cu_seqlens does not run from 0 to t, or falls.
Tensor attention(const Tensor& q_thk, const Tensor& k_thk, const Tensor& v_thk,
                 const std::vector<std::int32_t>& cu_seqlens, const AttentionOptions& options);

/// The same for one document whose last rows are queries and all of whose keys are given (KV
/// cache): q_thk: [new, heads, k]; k_shk, v_shk: [all, kv heads, ..], all >= new. Memory as
/// attention's if all = new, else O(new * all).
Tensor cached_attention(const Tensor& q_thk, const Tensor& k_shk, const Tensor& v_shk,
                        const AttentionOptions& options);

/// The plain reference of one document: scores, mask and softmax in float32, traced by autograd.
Tensor attention_reference(const Tensor& q_thk, const Tensor& k_shk, const Tensor& v_shk,
                           const AttentionOptions& options);

}  // namespace automodel::ops
