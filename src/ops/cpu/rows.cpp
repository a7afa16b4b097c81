#include "ops/cpu/rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "ops/cpu/dispatch.h"
#include "ops/cpu/operands.h"
#include "tensor/threads.h"

namespace automodel::ops::cpu {
namespace {

constexpr Index kElementsPerTask = 16 << 10;

GluTask part(GluTask task, Index begin, Index most) {
  for (Elements* x :
       {&task.gate, &task.up, &task.out, &task.grad, &task.grad_gate, &task.grad_up}) {
    *x = elements_from(*x, begin);
  }
  task.size = std::min(most, task.size - begin);
  return task;
}

template <class Kernel>
void for_each_part(const GluTask& task, const Kernel& kernel) {
  for_each_task(ceil_div(task.size, kElementsPerTask), [&](Index i, Index /*worker*/) {
    kernel(part(task, i * kElementsPerTask, kElementsPerTask));
  });
}

NormTask part(NormTask task, Index task_index) {
  const Index step = rows_per_task(task.width), begin = task_index * step;
  for (Elements* x : {&task.x, &task.residual, &task.sum, &task.out, &task.grad, &task.grad_x}) {
    *x = elements_from(*x, begin * task.width);
  }
  task.inverse += begin;
  task.rows = std::min(step, task.rows - begin);
  return task;
}

}  // namespace

Index rows_per_task(Index width) {
  return std::max(kElementsPerTask / std::max(width, Index{1}), Index{1});
}

const RowKernels* row_kernels_for(std::initializer_list<Tensor> tensors) {
  const Tensor& first = *tensors.begin();
  const auto dtype = first.scalar_type();
  const bool fits = std::all_of(tensors.begin(), tensors.end(), [&](const Tensor& x) {
    return !x.defined() || (x.is_cpu() && x.is_contiguous() && x.scalar_type() == dtype);
  });
  const bool stored = dtype == at::kFloat || dtype == at::kBFloat16;
  const auto* all = fits && stored ? kernels() : nullptr;
  return all == nullptr ? nullptr : &all->rows;
}

Tensor row_losses(const RowKernels& kernels, const Tensor& z_nv, const Tensor& labels_n,
                  LossRow task) {
  const Tensor losses_n = at::empty({z_nv.size(0)}, at::kFloat);
  float* const losses = losses_n.mutable_data_ptr<float>();
  const Tensor label_values = labels_n.contiguous();
  const auto* labels = label_values.const_data_ptr<std::int64_t>();
  task.size = z_nv.size(1);
  for_each_task(z_nv.size(0), [&](Index row, Index /*worker*/) {
    LossRow own = task;
    own.logits = elements_from(elements_of(z_nv), row * task.size);
    own.label = labels[row];
    losses[row] = kernels.loss(own);
  });
  return losses_n;
}

void glu(const RowKernels& kernels, const GluTask& task) { for_each_part(task, kernels.glu); }

void glu_backward(const RowKernels& kernels, const GluTask& task) {
  for_each_part(task, kernels.glu_backward);
}

void weighted_glu_backward(const RowKernels& kernels, const GluTask& task, Index width,
                           const float* weights, float* grad_weights) {
  const Index rows = width > 0 ? task.size / width : 0, at_once = rows_per_task(width);
  for_each_task(ceil_div(rows, at_once), [&](Index i, Index /*worker*/) {
    for (Index row = i * at_once; row < std::min((i + 1) * at_once, rows); ++row) {
      GluTask own = part(task, row * width, width);
      own.weight = weights[row];
      grad_weights[row] = kernels.glu_backward(own);
    }
  });
}

void sum_rows(const RowKernels& kernels, const RowSum& task, std::span<const std::int64_t> counts) {
  std::vector<RowSum> sums;
  Index begin = 0;
  for (const std::int64_t count : counts) {
    RowSum own = task;
    if (task.index == nullptr) {
      own.x = elements_from(task.x, begin * task.width);
    } else {
      own.index = task.index + begin;
    }
    own.weights = task.weights == nullptr ? nullptr : task.weights + begin;
    own.rows = count;
    own.out = elements_from(task.out, static_cast<Index>(sums.size()) * task.width);
    sums.push_back(own);
    begin += count;
  }
  for_each_task(static_cast<Index>(sums.size()), [&](Index i, Index /*worker*/) {
    kernels.sum_rows(sums[static_cast<std::size_t>(i)]);
  });
}

void rms_norm(const RowKernels& kernels, const NormTask& task) {
  for_each_task(ceil_div(task.rows, rows_per_task(task.width)),
                [&](Index i, Index /*worker*/) { kernels.rms_norm(part(task, i)); });
}

Tensor rms_norm_backward(const RowKernels& kernels, NormTask task, bool wants_grad_gain) {
  const Index tasks = ceil_div(task.rows, rows_per_task(task.width));
  Tensor partial_nd;
  if (wants_grad_gain) {
    partial_nd = at::zeros({tasks, task.width}, at::kFloat);
    task.grad_gain = partial_nd.mutable_data_ptr<float>();
  }
  for_each_task(tasks, [&](Index i, Index /*worker*/) {
    NormTask own = part(task, i);
    own.grad_gain = wants_grad_gain ? task.grad_gain + i * task.width : nullptr;
    kernels.rms_norm_backward(own);
  });
  return wants_grad_gain ? partial_nd.sum(0) : Tensor();
}

}  // namespace automodel::ops::cpu
