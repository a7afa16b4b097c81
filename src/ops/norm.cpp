#include "ops/norm.h"

#include "base/error.h"
#include "base/meter.h"
#include "ops/cpu/rows.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor inverse_rms(const Tensor& x32, double eps) {
  return x32.square().mean(-1, /*keepdim=*/true).add_(eps).rsqrt_();
}

Tensor gain(const Tensor& weight_d, double offset, at::ScalarType dtype) {
  const Tensor weight = weight_d.to(dtype);
  return offset == 0 ? weight : weight + offset;
}

/// What a norm does beside its tensors.
struct RmsSettings {
  double eps, offset;
  bool gain_in_float32;

  void save(AutogradContext* context) const {
    context->saved_data["eps"] = eps;
    context->saved_data["offset"] = offset;
    context->saved_data["gain_in_float32"] = gain_in_float32;
  }
  static RmsSettings restore(AutogradContext* context) {
    auto& data = context->saved_data;
    return {data["eps"].toDouble(), data["offset"].toDouble(), data["gain_in_float32"].toBool()};
  }
};

struct Normed {
  Tensor sum;      // the rows that were normalised
  Tensor out;      // of the same shape
  Tensor inverse;  // 1/rms, [..., 1] float32
};

/// Our kernels, if they take these rows and this gain.
const cpu::RowKernels* kernels_for(std::initializer_list<Tensor> rows, const Tensor& weight_d) {
  const bool fits = rows.begin()->size(-1) > 0 && (!weight_d.defined() || weight_d.dim() == 1);
  return fits ? cpu::row_kernels_for(rows) : nullptr;
}

cpu::NormTask task_of(const Tensor& x, const Tensor& gain32_d, const RmsSettings& settings) {
  return {.x = cpu::elements_of(x),
          .rows = x.numel() / x.size(-1),
          .width = x.size(-1),
          .eps = static_cast<float>(settings.eps),
          .gain = gain32_d.defined() ? gain32_d.const_data_ptr<float>() : nullptr,
          .round_before_gain = !settings.gain_in_float32};
}

/// The gain in float32, rounded as the forward or the backward has it.
Tensor gain32(const Tensor& weight_d, double offset, at::ScalarType dtype) {
  return weight_d.defined() ? gain(weight_d, offset, dtype).to(at::kFloat).contiguous() : Tensor();
}

Normed forward_by_kernel(const cpu::RowKernels& kernels, const Tensor& x, const Tensor& delta,
                         const Tensor& weight_d, const RmsSettings& settings) {
  auto inverse_sizes = x.sizes().vec();
  inverse_sizes.back() = 1;
  const Normed out{delta.defined() ? at::empty_like(x) : x, at::empty_like(x),
                   at::empty(inverse_sizes, at::kFloat)};
  const Tensor gain_d =
      gain32(weight_d, settings.offset, settings.gain_in_float32 ? at::kFloat : x.scalar_type());
  auto task = task_of(x, gain_d, settings);
  task.residual = cpu::elements_of(delta);
  task.sum = cpu::elements_of(delta.defined() ? out.sum : Tensor());
  task.out = cpu::elements_of(out.out);
  task.inverse = out.inverse.mutable_data_ptr<float>();
  cpu::rms_norm(kernels, task);
  return out;
}

Normed forward_reference(const Tensor& x, const Tensor& delta, const Tensor& weight_d,
                         const RmsSettings& settings) {
  const Tensor sum = delta.defined() ? x + delta : x;
  const Tensor x32 = sum.to(at::kFloat);
  const Tensor inverse = inverse_rms(x32, settings.eps);
  const Tensor normed = x32 * inverse;
  const auto dtype = x.scalar_type();
  if (!weight_d.defined()) {
    return {sum, normed.to(dtype), inverse};
  }
  const Tensor out = settings.gain_in_float32
                         ? normed.mul_(gain(weight_d, settings.offset, at::kFloat)).to(dtype)
                         : normed.to(dtype) * gain(weight_d, settings.offset, dtype);
  return {sum, out, inverse};
}

Normed rms_forward(const Tensor& x, const Tensor& delta, const Tensor& weight_d,
                   const RmsSettings& settings) {
  const auto* kernels = kernels_for({x, delta}, weight_d);
  return kernels != nullptr ? forward_by_kernel(*kernels, x, delta, weight_d, settings)
                            : forward_reference(x, delta, weight_d, settings);
}

struct RmsGrads {
  Tensor x, weight_d;
};

/// What the backward is asked for.
struct RmsNeeds {
  bool x, weight_d;
};

RmsGrads backward_by_kernel(const cpu::RowKernels& kernels, const Tensor& grad,
                            const Tensor& grad_sum, const variable_list& saved,
                            const RmsSettings& settings, const RmsNeeds& needs) {
  RmsGrads out;
  const Tensor gain_d = gain32(saved[1], settings.offset, at::kFloat);
  auto task = task_of(saved[0], gain_d, settings);
  task.residual = cpu::elements_of(grad_sum);
  task.grad = cpu::elements_of(grad);
  task.inverse = saved[2].mutable_data_ptr<float>();
  if (needs.x) {
    out.x = at::empty_like(saved[0]);
    task.grad_x = cpu::elements_of(out.x);
  }
  out.weight_d = cpu::rms_norm_backward(kernels, task, needs.weight_d);
  return out;
}

RmsGrads backward_reference(const Tensor& grad_out, const Tensor& grad_sum,
                            const variable_list& saved, const RmsSettings& settings,
                            const RmsNeeds& needs) {
  RmsGrads out;
  const Tensor& x = saved[0];
  const Tensor& weight_d = saved[1];
  const Tensor& inverse = saved[2];
  const Tensor normed = x.to(at::kFloat).mul(inverse);
  Tensor grad = grad_out.to(at::kFloat);
  if (needs.weight_d) {
    out.weight_d = (grad * normed).sum_to_size(weight_d.sizes());
  }
  if (weight_d.defined()) {
    grad = grad * gain(weight_d, settings.offset, at::kFloat);
  }
  if (needs.x) {
    const Tensor along = (grad * normed).mean(-1, /*keepdim=*/true);
    out.x = (grad - normed * along).mul_(inverse).to(x.scalar_type());
    out.x = grad_sum.defined() ? out.x.add_(grad_sum) : out.x;
  }
  return out;
}

/// saved: the rows, the weight, 1/rms. grad_sum: what reaches the rows beside the norm, or
/// undefined.
RmsGrads rms_backward(const Tensor& grad, const Tensor& grad_sum, const variable_list& saved,
                      const RmsSettings& settings, RmsNeeds needs) {
  needs.weight_d = needs.weight_d && saved[1].defined();
  const Tensor rows = grad.contiguous();
  const Tensor other = grad_sum.defined() ? grad_sum.contiguous() : grad_sum;
  const auto* kernels = kernels_for({saved[0], rows, other}, saved[1]);
  auto out = kernels != nullptr ? backward_by_kernel(*kernels, rows, other, saved, settings, needs)
                                : backward_reference(grad, grad_sum, saved, settings, needs);
  if (out.weight_d.defined()) {
    out.weight_d = out.weight_d.to(saved[1].scalar_type());
  }
  return out;
}

/// Saves x and 1/rms only; the normalised rows are recomputed in the backward.
struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight_or_empty,
                        const RmsSettings& settings) {
    const Tensor weight_d = or_undefined(weight_or_empty);
    const OperationTimer timer("norm");
    const auto normed = rms_forward(x, Tensor(), weight_d, settings);
    context->save_for_backward({x, weight_d, normed.inverse});
    settings.save(context);
    return normed.out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const OperationTimer timer("norm, gradients");
    const auto out = rms_backward(grads[0], Tensor(), saved, RmsSettings::restore(context),
                                  {context->needs_input_grad(0), context->needs_input_grad(1)});
    return {out.x, out.weight_d, Tensor()};
  }
};

/// x + delta and its norm as one node: the sum is stored once, its gradient added once.
struct ResidualRmsNorm : torch::autograd::Function<ResidualRmsNorm> {
  static variable_list forward(AutogradContext* context, const Tensor& x_td, const Tensor& delta_td,
                               const Tensor& weight_or_empty, const RmsSettings& settings) {
    const Tensor weight_d = or_undefined(weight_or_empty);
    const OperationTimer timer("norm");
    const auto normed = rms_forward(x_td, delta_td, weight_d, settings);
    context->save_for_backward({normed.sum, weight_d, normed.inverse});
    settings.save(context);
    return {normed.sum, normed.out};
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const OperationTimer timer("norm, gradients");
    const bool needs_rows = context->needs_input_grad(0) || context->needs_input_grad(1);
    const auto out = rms_backward(grads[1], grads[0], saved, RmsSettings::restore(context),
                                  {needs_rows, context->needs_input_grad(2)});
    return {out.x, out.x, out.weight_d, Tensor()};
  }
};

Tensor layer_norm(const Tensor& x, const Tensor& weight_d, const Tensor& bias_d,
                  const NormOptions& options) {
  const auto optional = [](const Tensor& t) {
    return t.defined() ? std::optional<Tensor>(t.to(at::kFloat)) : std::nullopt;
  };
  auto weight = optional(weight_d);
  if (weight && options.weight_offset != 0) {
    weight = *weight + options.weight_offset;
  }
  const Tensor x32 = x.to(at::kFloat);
  if (weight && weight->dim() > 1) {
    const Tensor scaled = at::layer_norm(x32, {x.size(-1)}, {}, {}, options.eps) * *weight;
    return (bias_d.defined() ? scaled + bias_d : scaled).to(x.scalar_type());
  }
  return at::layer_norm(x32, {x.size(-1)}, weight, optional(bias_d), options.eps)
      .to(x.scalar_type());
}

RmsSettings settings_of(const NormOptions& options) {
  return {options.eps, options.weight_offset, options.gain_in_float32};
}

void check_parameters(const Tensor& x, const Tensor& weight_d, const Tensor& bias_d) {
  for (const Tensor* parameter : {&weight_d, &bias_d}) {
    const auto dims = parameter->defined() ? static_cast<std::size_t>(parameter->dim()) : 0;
    check(!parameter->defined() || (dims >= 1 && dims <= x.sizes().size() &&
                                    parameter->sizes() == x.sizes().slice(x.sizes().size() - dims)),
          ErrorKind::invalid_argument, "norm: a weight of {} elements for rows of {}",
          parameter->defined() ? parameter->numel() : 0, x.size(-1));
  }
}

}  // namespace

Tensor norm(const Tensor& x, const Tensor& weight_d, const Tensor& bias_d,
            const NormOptions& options) {
  check_parameters(x, weight_d, bias_d);
  if (options.kind == NormOptions::Kind::layer) {
    return layer_norm(x, weight_d, bias_d, options);
  }
  return RmsNorm::apply(x.contiguous(), or_empty(weight_d), settings_of(options));
}

ResidualNorm residual_norm(const Tensor& x_td, const Tensor& delta_td, const Tensor& weight_d,
                           const Tensor& bias_d, const NormOptions& options) {
  const bool fuses = options.kind == NormOptions::Kind::rms && x_td.sizes() == delta_td.sizes() &&
                     x_td.scalar_type() == delta_td.scalar_type();
  if (!fuses) {
    const Tensor sum_td = x_td + delta_td;
    return {sum_td, norm(sum_td, weight_d, bias_d, options)};
  }
  check_parameters(x_td, weight_d, bias_d);
  const auto out = ResidualRmsNorm::apply(x_td.contiguous(), delta_td.contiguous(),
                                          or_empty(weight_d), settings_of(options));
  return {out[0], out[1]};
}

}  // namespace automodel::ops
