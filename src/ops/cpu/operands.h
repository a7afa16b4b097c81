#pragma once
// Tensors as the kernels see them.

#include <ATen/core/TensorBody.h>

#include "ops/cpu/kernels.h"

namespace automodel::ops::cpu {

using at::Tensor;

inline Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }

/// The kernels of this run, if they take both: on the CPU, float32 or bfloat16. Else null.
const Kernels* kernels_for(const Tensor& a, const Tensor& b);

/// x must be float32 or bfloat16.
Storage storage_of(const Tensor& x);

/// A matrix [outer, inner] of which one dimension is contiguous.
Operand operand_of(const Tensor& x_oi);
/// The matrix itself, or a copy if neither of its dimensions is contiguous.
Tensor with_contiguous_dimension(const Tensor& x);

/// A contiguous matrix, to be written.
Output output_of(const Tensor& c_mn);

/// Heads whose entries are contiguous: these, or a copy.
Tensor with_contiguous_heads(const Tensor& x_thk);
HeadsView heads_of(const Tensor& x_thk);

/// A contiguous tensor; no data if x is undefined.
Elements elements_of(const Tensor& x);
/// Those from number `offset`.
Elements elements_from(Elements elements, Index offset);

}  // namespace automodel::ops::cpu
