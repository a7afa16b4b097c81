#pragma once
// Row kernels on tensors: what they take, and their tasks.

#include <ATen/core/TensorBody.h>

#include <span>

#include "ops/cpu/operands.h"

namespace automodel::ops::cpu {

/// The row kernels of this run, if they take these tensors: on the CPU,
/// contiguous, all float32 or all bfloat16. Undefined tensors do not count.
/// Else null.
const RowKernels* row_kernels_for(std::initializer_list<Tensor> tensors);

/// So many rows that a task is worth a thread; a matter of the width alone.
Index rows_per_task(Index width);

/// The loss of each row of z_nv, [n] float32; z_nv becomes the gradient if task
/// wants one. task: what all rows share.
Tensor row_losses(const RowKernels& kernels, const Tensor& z_nv, const Tensor& labels_n,
                  LossRow task);

/// task has the pointers of whole tensors of task.size elements.
void glu(const RowKernels& kernels, const GluTask& task);
void glu_backward(const RowKernels& kernels, const GluTask& task);
/// The same with a weight for each row of `width` elements, whose gradients are stored.
void weighted_glu_backward(const RowKernels& kernels, const GluTask& task, Index width,
                           const float* weights, float* grad_weights);

/// task has the pointers of all rows, index numbers, weights and sums; counts: rows of each sum.
void sum_rows(const RowKernels& kernels, const RowSum& task, std::span<const std::int64_t> counts);

/// task has the pointers of whole tensors of task.rows rows.
void norm(const RowKernels& kernels, const NormTask& task);

/// Of a norm's parameters, each [width] float32 or not wanted: which ones, and their gradients,
/// summed in one order.
struct NormWants {
  bool gain = false, bias = false;
};
struct NormGrads {
  Tensor gain, bias;
};
NormGrads norm_backward(const RowKernels& kernels, const NormTask& task, const NormWants& wants);

}  // namespace automodel::ops::cpu
