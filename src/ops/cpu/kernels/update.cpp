#include "ops/cpu/kernels/update.h"

#include "ops/cpu/kernels/elements.h"

namespace automodel::ops::cpu::AM_ISA {
namespace {

constexpr Index kSumElements = 1024;  // of a sum in float32

template <class Stored>
double squares_of(const Elements& elements, Index size) {
  const Row<Stored> x(elements);
  double out = 0;
  for (Index begin = 0; begin < size; begin += kSumElements) {
    const Index end = begin + kSumElements < size ? begin + kSumElements : size;
    Vec even = vset(0), odd = vset(0);
    Index i = begin;
    for (; i + 2 * kWidth <= end; i += 2 * kWidth) {
      const Vec a = x.load(i, kWidth), b = x.load(i + kWidth, kWidth);
      even = vfma(a, a, even);
      odd = vfma(b, b, odd);
    }
    for (; i < end; i += kWidth) {
      const Vec a = x.load(i, end - i);
      even = vfma(a, a, even);
    }
    out += static_cast<double>(vsum(vadd(even, odd)));
  }
  return out;
}

double sum_of_squares(const Elements& elements, Index size) {
  return elements.storage == Storage::float32 ? squares_of<StoredFloat32>(elements, size)
                                              : squares_of<StoredBfloat16>(elements, size);
}

/// kWidth entries, or n of them.
template <class Gradient>
AM_INLINE void adam_at(const AdamTask& task, const Row<Gradient>& gradient, Index i, Index n) {
  const Row<StoredFloat32> weight(Elements{task.weight}), average(Elements{task.exp_avg});
  const Row<StoredFloat32> square(Elements{task.exp_avg_sq});
  const Row<StoredFloat32> largest(Elements{task.max_exp_avg_sq});
  Vec w = weight.load(i, n);
  Vec g = vmul(gradient.load(i, n), vset(task.grad_scale));
  g = vfma(w, vset(task.l2), g);
  w = vmul(w, vset(task.shrink));
  const Vec m = vfma(average.load(i, n), vset(task.beta1), vmul(g, vset(task.rest1)));
  const Vec g2 = vmul(vmul(g, g), vset(task.rest2));
  Vec v = vfma(square.load(i, n), vset(task.beta2), g2);
  average.store(i, n, m);
  square.store(i, n, v);
  if (task.max_exp_avg_sq != nullptr) {
    v = vmax(v, largest.load(i, n));
    largest.store(i, n, v);
  }
  const Vec root = vfma(vsqrt(v), vset(task.root_scale), vset(task.eps));
  w = vsub(w, vdiv(vmul(m, vset(task.step_size)), root));
  weight.store(i, n, w);
  if (task.stored != nullptr) {
    Row<StoredBfloat16>(Elements{task.stored}).store(i, n, w);
  }
}

template <class Gradient>
void adam_of(const AdamTask& task) {
  const Row<Gradient> gradient(task.grad);
  Index i = 0;
  for (; i + kWidth <= task.size; i += kWidth) {
    adam_at(task, gradient, i, kWidth);
  }
  if (i < task.size) {
    adam_at(task, gradient, i, task.size - i);
  }
}

void adam(const AdamTask& task) {
  task.grad.storage == Storage::float32 ? adam_of<StoredFloat32>(task)
                                        : adam_of<StoredBfloat16>(task);
}

}  // namespace

UpdateKernels update_kernels() { return {.sum_of_squares = sum_of_squares, .adam = adam}; }

}  // namespace automodel::ops::cpu::AM_ISA
