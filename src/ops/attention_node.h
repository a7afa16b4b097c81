#pragma once
// Attention by our own kernels.

#include "ops/attention.h"
#include "ops/cpu/kernels.h"

namespace automodel::ops {

/// Whether the kernels do this: on the CPU, float32 or bfloat16 throughout, heads no wider than
/// they take.
bool attention_kernel_applies(const cpu::Kernels& kernels, const Tensor& q_thk, const Tensor& k_thk,
                              const Tensor& v_thk);

/// attention() as one autograd node that saves q, k, v, the output and one value a row and head.
/// Needs attention_kernel_applies(); cu_seqlens runs from 0 to t and does not fall. Arithmetic in
/// float32; the same bytes whatever the number of threads.
Tensor attention_by_kernel(const cpu::Kernels& kernels, const Tensor& q_thk, const Tensor& k_thk,
                           const Tensor& v_thk, const std::vector<std::int32_t>& cu_seqlens,
                           const AttentionOptions& options);

}  // namespace automodel::ops
