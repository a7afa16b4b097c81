#include "ops/linear.h"

#include "base/error.h"
#include "ops/linear_parts.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct LinearNode : torch::autograd::Function<LinearNode> {
  static Tensor forward(AutogradContext* context, const Tensor& x_ti, at::TensorList tensors,
                        const AdapterOptions& options) {
    const auto parts = LinearParts::of(tensors, options);
    auto [y_to, low_rt] = parts.forward(x_ti);
    parts.save(context, {parts.needs_input() ? x_ti : Tensor(), low_rt});
    return y_to;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto parts = LinearParts::restore(context, 2);
    const auto saved = context->get_saved_variables();
    const LinearGrads needed{context->needs_input_grad(0), context->needs_input_grad(1),
                             context->needs_input_grad(2), context->needs_input_grad(3)};
    auto out = parts.backward(grads[0], saved[0], saved[1], needed);
    return {out.x_ti, out.weight_oi, out.bias_o, out.a_ri, out.b_or, Tensor()};
  }
};

}  // namespace

Tensor linear(const Tensor& x_ti, const Linear& layer) {
  check(x_ti.dim() == 2 && x_ti.size(1) == layer.weight_oi.size(1), ErrorKind::invalid_argument,
        "linear: input of width {} for a weight of [{}, {}]", x_ti.size(-1),
        layer.weight_oi.size(0), layer.weight_oi.size(1));
  const auto tensors = tensors_of(layer);
  return LinearNode::apply(x_ti, at::TensorList(tensors), AdapterOptions::of(layer.adapter));
}

}  // namespace automodel::ops
