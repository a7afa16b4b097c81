#include "ops/cpu/rope.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "ops/cpu/rows.h"
#include "tensor/threads.h"

namespace automodel::ops::cpu {

const Kernels* rope_kernels_for(const Tensor& x_thk, const Tensor& cos_tr, const Tensor& sin_tr) {
  const bool fits = cos_tr.scalar_type() == sin_tr.scalar_type() && cos_tr.is_contiguous() &&
                    sin_tr.is_contiguous();
  return fits ? kernels_for(x_thk, cos_tr) : nullptr;
}

Tensor rope(const Kernels& kernels, const Tensor& x_thk, const Tensor& cos_tr, const Tensor& sin_tr,
            bool interleaved, bool backwards) {
  const Tensor x = with_contiguous_heads(x_thk);
  const Tensor out = at::empty(x.sizes(), x.options());
  const Index tokens = x.size(0), step = rows_per_task(x.size(1) * x.size(2));
  const RopeTask whole{.x = heads_of(x),
                       .out = heads_of(out),
                       .cos = elements_of(cos_tr),
                       .sin = elements_of(sin_tr),
                       .heads = x.size(1),
                       .width = x.size(2),
                       .pairs = cos_tr.size(1),
                       .interleaved = interleaved,
                       .backwards = backwards};
  for_each_task((tokens + step - 1) / step, [&](Index i, Index /*worker*/) {
    RopeTask task = whole;
    task.token_begin = i * step;
    task.token_end = std::min(task.token_begin + step, tokens);
    kernels.rope(task);
  });
  return out;
}

}  // namespace automodel::ops::cpu
