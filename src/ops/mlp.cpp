#include "ops/mlp.h"

#include "base/error.h"
#include "ops/glu.h"
#include "ops/linear_parts.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct DownOptions {
  AdapterOptions adapter;
  Activation activation;
};

/// down(act(gate) * up), or down(act(gate)) where up is undefined.
struct DownNode : torch::autograd::Function<DownNode> {
  static Tensor hidden(const Tensor& gate_ti, const Tensor& up_ti, Activation activation) {
    return up_ti.defined() ? glu(gate_ti, up_ti, {activation, std::nullopt})
                           : activate(gate_ti, activation);
  }

  static Tensor forward(AutogradContext* context, const Tensor& gate_ti, const Tensor& up_or_empty,
                        at::TensorList down, const DownOptions& options) {
    const Tensor up_ti = or_undefined(up_or_empty);
    const auto parts = LinearParts::of(down, options.adapter);
    parts.save(context, {gate_ti, up_ti});
    context->saved_data["activation"] = static_cast<std::int64_t>(options.activation);
    return parts.forward(hidden(gate_ti, up_ti, options.activation));
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const Tensor& gate_ti = saved[0];
    const Tensor& up_ti = saved[1];
    const auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());
    const auto parts = LinearParts::restore(context, 2);
    const bool needs_hidden =
        context->needs_input_grad(0) || (up_ti.defined() && context->needs_input_grad(1));
    const LinearGrads needed{needs_hidden, context->needs_input_grad(2),
                             context->needs_input_grad(3), context->needs_input_grad(4)};
    const Tensor h_ti =
        needed.weight_oi || needed.adapter ? hidden(gate_ti, up_ti, activation) : Tensor();
    auto out = parts.backward(grads[0], h_ti, needed);
    GluGrads grads_of;
    if (needs_hidden) {
      grads_of = up_ti.defined()
                     ? glu_backward(out.x_ti, gate_ti, up_ti, {activation, std::nullopt})
                     : GluGrads{activate_backward(out.x_ti, gate_ti, activation), Tensor()};
    }
    return {grads_of.gate, grads_of.up, out.weight_oi, out.bias_o, out.a_ri, out.b_or, Tensor()};
  }
};

Tensor down_of(const Tensor& gate_ti, const Tensor& up_ti, const Linear& down,
               Activation activation) {
  const auto tensors = tensors_of(down);
  return DownNode::apply(gate_ti, or_empty(up_ti), at::TensorList(tensors),
                         DownOptions{AdapterOptions::of(down.adapter), activation});
}

}  // namespace

Tensor activate(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::silu:
      return at::silu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::gelu_tanh:
      return at::gelu(x, "tanh");
    case Activation::relu:
      return at::relu(x);
    case Activation::relu2:
      return at::relu(x).square();
  }
  fail(ErrorKind::internal, "unknown activation");
}

Tensor activate_backward(const Tensor& grad, const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::silu:
      return at::silu_backward(grad, x);
    case Activation::gelu:
      return at::gelu_backward(grad, x);
    case Activation::gelu_tanh:
      return at::gelu_backward(grad, x, "tanh");
    case Activation::relu:
      return at::threshold_backward(grad, x, 0);
    case Activation::relu2:
      return grad * at::relu(x).mul_(2);
  }
  fail(ErrorKind::internal, "unknown activation");
}

Tensor gated_mlp(const Tensor& x_td, const Linear& gate, const Linear& up, const Linear& down,
                 Activation activation) {
  return down_of(linear(x_td, gate), linear(x_td, up), down, activation);
}

Tensor plain_mlp(const Tensor& x_td, const Linear& up, const Linear& down, Activation activation) {
  return down_of(linear(x_td, up), Tensor(), down, activation);
}

}  // namespace automodel::ops
