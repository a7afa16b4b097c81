#include "ops/glu.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/known.h"
#include "base/meter.h"
#include "ops/cpu/rows.h"
#include "ops/held.h"

namespace automodel::ops {
namespace {

/// The kernels' name of the gate, unless they have none.
std::optional<cpu::Gate> gate_of(const GluOptions& options) {
  if (options.clamp) {
    return cpu::Gate::clamped;
  }
  switch (options.activation) {
    case Activation::silu:
      return cpu::Gate::silu;
    case Activation::gelu_tanh:
      return cpu::Gate::gelu_tanh;
    default:
      return std::nullopt;
  }
}

cpu::GluTask task_of(const Tensor& gate, const Tensor& up, const GluOptions& options) {
  const auto clamp = options.clamp.value_or(GluClamp{});
  return {.kind = known(gate_of(options)),
          .limit = static_cast<float>(clamp.limit),
          .alpha = static_cast<float>(clamp.alpha),
          .gate = cpu::elements_of(gate),
          .up = cpu::elements_of(up),
          .size = gate.numel()};
}

Tensor activated(const Tensor& x, Activation activation) {
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

Tensor activated_backward(const Tensor& grad, const Tensor& x, Activation activation) {
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

struct ActivationNode : torch::autograd::Function<ActivationNode> {
  using Context = torch::autograd::AutogradContext;

  static Tensor forward(Context* context, const Tensor& x, const GluOptions& options) {
    context->save_for_backward({x});
    hold(context, options);
    return glu(x, Tensor(), options);
  }

  static torch::autograd::variable_list backward(Context* context,
                                                 const torch::autograd::variable_list& grads) {
    const Tensor x = context->get_saved_variables()[0];
    return {glu_backward(grads[0].contiguous(), x, Tensor(), held<GluOptions>(context)).gate,
            Tensor()};
  }
};

}  // namespace

Tensor activate(const Tensor& x, Activation activation) {
  return ActivationNode::apply(x.contiguous(), GluOptions{activation, std::nullopt});
}

Tensor glu(const Tensor& gate, const Tensor& up, const GluOptions& options) {
  const OperationTimer timer("gated product");
  const auto* kernels = gate_of(options) ? cpu::row_kernels_for({gate, up}) : nullptr;
  if (kernels == nullptr) {
    return glu_reference(gate, up, options);
  }
  const Tensor out = at::empty_like(gate);
  auto task = task_of(gate, up, options);
  task.out = cpu::elements_of(out);
  cpu::glu(*kernels, task);
  return out;
}

GluGrads glu_backward(const Tensor& grad, const Tensor& gate, const Tensor& up,
                      const GluOptions& options) {
  const OperationTimer timer("gated product, gradients");
  const auto* kernels = gate_of(options) ? cpu::row_kernels_for({grad, gate, up}) : nullptr;
  if (kernels == nullptr) {
    return glu_backward_reference(grad, gate, up, options);
  }
  const GluGrads out{at::empty_like(gate), up.defined() ? at::empty_like(up) : Tensor()};
  auto task = task_of(gate, up, options);
  task.grad = cpu::elements_of(grad);
  task.grad_gate = cpu::elements_of(out.gate);
  task.grad_up = cpu::elements_of(out.up);
  cpu::glu_backward(*kernels, task);
  return out;
}

WeightedGluGrads weighted_glu_backward(const Tensor& grad_pi, const Tensor& gate_pi,
                                       const Tensor& up_pi, const Tensor& weights_p,
                                       const GluOptions& options, bool wants_product) {
  const OperationTimer timer("gated product, gradients");
  const auto* kernels =
      gate_of(options) ? cpu::row_kernels_for({grad_pi, gate_pi, up_pi}) : nullptr;
  if (kernels == nullptr) {
    return weighted_glu_backward_reference(grad_pi, gate_pi, up_pi, weights_p, options,
                                           wants_product);
  }
  const Tensor weights = weights_p.to(at::kFloat).contiguous();
  const WeightedGluGrads out{wants_product ? at::empty_like(gate_pi) : Tensor(),
                             at::empty_like(weights),
                             {at::empty_like(gate_pi), at::empty_like(up_pi)}};
  auto task = task_of(gate_pi, up_pi, options);
  task.out = cpu::elements_of(out.product_pi);
  task.grad = cpu::elements_of(grad_pi);
  task.grad_gate = cpu::elements_of(out.inner.gate);
  task.grad_up = cpu::elements_of(out.inner.up);
  cpu::weighted_glu_backward(*kernels, task, gate_pi.size(1), weights.const_data_ptr<float>(),
                             out.weights_p.mutable_data_ptr<float>());
  return out;
}

Tensor glu_reference(const Tensor& gate, const Tensor& up, const GluOptions& options) {
  if (!options.clamp) {
    const Tensor out = activated(gate, options.activation);
    return up.defined() ? out.mul_(up) : out;
  }
  const auto& [limit, alpha] = *options.clamp;
  const Tensor g = gate.clamp_max(limit);
  return at::sigmoid(g * alpha).mul_(g).mul_(up.clamp(-limit, limit).add_(1));
}

GluGrads glu_backward_reference(const Tensor& grad, const Tensor& gate, const Tensor& up,
                                const GluOptions& options) {
  if (!up.defined()) {
    return {activated_backward(grad, gate, options.activation), Tensor()};
  }
  if (!options.clamp) {
    return {activated_backward(grad * up, gate, options.activation),
            activated(gate, options.activation).mul_(grad)};
  }
  const auto& [limit, alpha] = *options.clamp;
  const Tensor g = gate.clamp_max(limit);
  const Tensor s = at::sigmoid(g * alpha);
  const Tensor slope = s * (1 + g * alpha * (1 - s));  // of g * sigmoid(alpha * g)
  const Tensor inside = up.abs().le(limit);
  return {grad * (up.clamp(-limit, limit) + 1) * slope * gate.le(limit), grad * g * s * inside};
}

WeightedGluGrads weighted_glu_backward_reference(const Tensor& grad_pi, const Tensor& gate_pi,
                                                 const Tensor& up_pi, const Tensor& weights_p,
                                                 const GluOptions& options, bool wants_product) {
  const Tensor h_pi = glu_reference(gate_pi, up_pi, options);
  const Tensor weights_p1 = weights_p.unsqueeze(1);
  const auto dtype = gate_pi.scalar_type();
  const auto precise = at::promote_types(dtype, at::kFloat);
  return {wants_product ? (h_pi * weights_p1).to(dtype) : Tensor(),
          (h_pi * grad_pi).sum(1, false, precise),
          glu_backward_reference((grad_pi * weights_p1).to(dtype), gate_pi, up_pi, options)};
}

}  // namespace automodel::ops
