#include "ops/rope.h"

#include "base/error.h"
#include "base/meter.h"
#include "ops/cpu/rope.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The two halves of every pair in the rotary part of x, each [t, h, r], as views.
std::pair<Tensor, Tensor> pairs(const Tensor& x_thk, std::int64_t r, bool interleaved) {
  if (interleaved) {
    const Tensor rotary = x_thk.narrow(-1, 0, 2 * r).unflatten(-1, {r, 2});
    return {rotary.select(-1, 0), rotary.select(-1, 1)};
  }
  return {x_thk.narrow(-1, 0, r), x_thk.narrow(-1, r, r)};
}

/// Rotation by the tables' angles, or by their negatives.
Tensor rotate_reference(const Tensor& x_thk, const Tensor& cos_tr, const Tensor& sin_tr,
                        bool interleaved, bool backwards) {
  const auto r = cos_tr.size(-1);
  const Tensor cos = cos_tr.unsqueeze(1);
  const Tensor sin = backwards ? sin_tr.neg().unsqueeze(1) : sin_tr.unsqueeze(1);
  Tensor out = at::empty(x_thk.sizes(), x_thk.options());
  const auto [first, second] = pairs(x_thk, r, interleaved);
  auto [out_first, out_second] = pairs(out, r, interleaved);
  out_first.copy_(first * cos - second * sin);
  out_second.copy_(second * cos + first * sin);
  const auto rest = x_thk.size(-1) - 2 * r;
  if (rest > 0) {
    out.narrow(-1, 2 * r, rest).copy_(x_thk.narrow(-1, 2 * r, rest));
  }
  return out;
}

Tensor rotate(const Tensor& x_thk, const Tensor& cos_tr, const Tensor& sin_tr, bool interleaved,
              bool backwards) {
  const auto* kernels = cpu::rope_kernels_for(x_thk, cos_tr, sin_tr);
  return kernels != nullptr ? cpu::rope(*kernels, x_thk, cos_tr, sin_tr, interleaved, backwards)
                            : rotate_reference(x_thk, cos_tr, sin_tr, interleaved, backwards);
}

struct Rotate : torch::autograd::Function<Rotate> {
  static Tensor forward(AutogradContext* context, const Tensor& x_thk, const Tensor& cos_tr,
                        const Tensor& sin_tr, bool interleaved) {
    const OperationTimer timer("rotary embedding");
    context->save_for_backward({cos_tr, sin_tr});
    context->saved_data["interleaved"] = interleaved;
    return rotate(x_thk, cos_tr, sin_tr, interleaved, /*backwards=*/false);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const OperationTimer timer("rotary embedding, gradients");
    const auto saved = context->get_saved_variables();
    const bool interleaved = context->saved_data["interleaved"].toBool();
    return {rotate(grads[0], saved[0], saved[1], interleaved, /*backwards=*/true), Tensor(),
            Tensor(), Tensor()};
  }
};

}  // namespace

RopeTables rope_tables(const Tensor& positions_t, const Tensor& inverse_frequencies_r,
                       double attention_factor, at::ScalarType dtype) {
  const Tensor angles =
      positions_t.to(at::kFloat).unsqueeze(1) * inverse_frequencies_r.unsqueeze(0);
  return {angles.cos().mul_(attention_factor).to(dtype),
          angles.sin().mul_(attention_factor).to(dtype)};
}

Tensor rope(const Tensor& x_thk, const RopeTables& tables, bool interleaved) {
  check(2 * tables.cos_tr.size(-1) <= x_thk.size(-1), ErrorKind::invalid_argument,
        "rope: {} rotary entries in heads of width {}", 2 * tables.cos_tr.size(-1), x_thk.size(-1));
  return Rotate::apply(x_thk, tables.cos_tr, tables.sin_tr, interleaved);
}

}  // namespace automodel::ops
