#pragma once
// Attention inside documents that lie one behind the other.

#include <span>

#include "ops/cpu/kernels.h"

namespace automodel::ops::cpu {

struct AttentionInputs {
  AttentionShape shape;
  AttentionRule rule;
  std::span<const std::int32_t> cu_seqlens;
  HeadsView q, k, v;
};

/// Writes out and the logarithm of each row's softmax denominator, [tokens, heads].
/// Sums are float32 and taken in one order whatever the number of threads.
void attention_forward(const Kernels& kernels, const AttentionInputs& inputs, const HeadsView& out,
                       float* log_sums);

/// How many partial gradients of the queries the backward makes: a matter of the shapes alone.
Index num_attention_segments(const AttentionKernels& kernels, const AttentionInputs& inputs);

struct AttentionGradients {
  HeadsView grad_out, out;
  const float* log_sums = nullptr;  // of the forward
  /// [segments, tokens, heads, key width], zero at the beginning; their sum is the gradient.
  float* grad_q = nullptr;
  /// [kv heads, tokens, whole panels of the width], zero at the beginning.
  float* grad_k = nullptr;
  float* grad_v = nullptr;
};

void attention_backward(const Kernels& kernels, const AttentionInputs& inputs,
                        const AttentionGradients& gradients);

}  // namespace automodel::ops::cpu
