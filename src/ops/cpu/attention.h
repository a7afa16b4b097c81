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

/// The inner products of rows of a and b, [tokens, heads]: views of one storage and width.
void attention_dots(const Kernels& kernels, const HeadDots& task);

struct AttentionGradients {
  HeadsView grad_out;
  const float* log_sums = nullptr;   // of the forward
  const float* dots = nullptr;       // attention_dots() of grad_out and the forward's output
  HeadsView grad_q, grad_k, grad_v;  // set
};

void attention_backward(const Kernels& kernels, const AttentionInputs& inputs,
                        const AttentionGradients& gradients);

}  // namespace automodel::ops::cpu
