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
/// At least, where a task has sums over its rows: with fewer they would be as large as the rows.
constexpr Index kRowsPerSum = 16;

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

NormTask part(NormTask task, Index step, Index task_index) {
  const Index begin = task_index * step;
  for (Elements* x : {&task.x, &task.residual, &task.sum, &task.out, &task.grad, &task.grad_x}) {
    *x = elements_from(*x, begin * task.width);
  }
  task.mean = task.mean == nullptr ? nullptr : task.mean + begin;
  task.inverse += begin;
  task.rows = std::min(step, task.rows - begin);
  return task;
}

/// A row of sums for each task, if they are wanted.
class PartialSums {
 public:
  PartialSums(bool wanted, Index tasks, Index width) {
    if (wanted) {
      sums_nd_ = at::zeros({tasks, width}, at::kFloat);
    }
  }
  float* of_task(Index i) const {
    return sums_nd_.defined() ? sums_nd_.mutable_data_ptr<float>() + i * sums_nd_.size(1) : nullptr;
  }
  Tensor total() const { return sums_nd_.defined() ? sums_nd_.sum(0) : Tensor(); }

 private:
  Tensor sums_nd_;
};

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

void norm(const RowKernels& kernels, const NormTask& task) {
  const Index step = rows_per_task(task.width);
  for_each_task(ceil_div(task.rows, step),
                [&](Index i, Index /*worker*/) { kernels.norm(part(task, step, i)); });
}

NormGrads norm_backward(const RowKernels& kernels, const NormTask& task, const NormWants& wants) {
  const Index step = std::max(rows_per_task(task.width), kRowsPerSum);
  const Index tasks = ceil_div(task.rows, step);
  const PartialSums gain(wants.gain, tasks, task.width), bias(wants.bias, tasks, task.width);
  for_each_task(tasks, [&](Index i, Index /*worker*/) {
    NormTask own = part(task, step, i);
    own.grad_gain = gain.of_task(i);
    own.grad_bias = bias.of_task(i);
    kernels.norm_backward(own);
  });
  return {gain.total(), bias.total()};
}

}  // namespace automodel::ops::cpu
