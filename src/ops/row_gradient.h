#pragma once
// Gradients of which only some rows are not zero, as an embedding has them, without the others:
// LibTorch's sparse tensors with one sparse dimension. Autograd adds them to each other and to
// dense ones.

#include <ATen/core/TensorBody.h>

#include <cstdint>

namespace automodel::ops {

using at::Tensor;

struct GradientRows {
  Tensor ids_n;  // int64, increasing
  Tensor values_nd;
};

/// The gradient [num_rows, d] that has these rows; it shares their memory.
Tensor gradient_of(const GradientRows& rows, std::int64_t num_rows);

/// The rows of a sparse gradient [v, d]: its own memory, or sums where it has rows several times or
/// in another order.
GradientRows rows_of(const Tensor& gradient_vd);

}  // namespace automodel::ops
