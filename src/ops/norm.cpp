#include "ops/norm.h"

#include "base/error.h"
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

/// Saves x and 1/rms only; the normalised rows are recomputed in the backward.
struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight_or_empty,
                        double eps, double offset, bool gain_in_float32) {
    const Tensor weight_d = or_undefined(weight_or_empty);
    const Tensor x32 = x.to(at::kFloat);
    const Tensor inverse = inverse_rms(x32, eps);
    context->save_for_backward({x, weight_d, inverse});
    context->saved_data["offset"] = offset;
    const Tensor normed = x32 * inverse;
    if (!weight_d.defined()) {
      return normed.to(x.scalar_type());
    }
    if (gain_in_float32) {
      return normed.mul_(gain(weight_d, offset, at::kFloat)).to(x.scalar_type());
    }
    return normed.to(x.scalar_type()) * gain(weight_d, offset, x.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight_d = saved[1];
    const Tensor& inverse = saved[2];
    const Tensor normed = x.to(at::kFloat).mul(inverse);
    Tensor grad = grads[0].to(at::kFloat);
    Tensor grad_weight;
    if (weight_d.defined()) {
      if (context->needs_input_grad(1)) {
        grad_weight = (grad * normed).sum_to_size(weight_d.sizes()).to(weight_d.scalar_type());
      }
      grad = grad * gain(weight_d, context->saved_data["offset"].toDouble(), at::kFloat);
    }
    Tensor grad_x;
    if (context->needs_input_grad(0)) {
      const Tensor along = (grad * normed).mean(-1, /*keepdim=*/true);
      grad_x = (grad - normed * along).mul_(inverse).to(x.scalar_type());
    }
    return {grad_x, grad_weight, Tensor(), Tensor(), Tensor()};
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

}  // namespace

Tensor norm(const Tensor& x, const Tensor& weight_d, const Tensor& bias_d,
            const NormOptions& options) {
  for (const Tensor* parameter : {&weight_d, &bias_d}) {
    const auto dims = parameter->defined() ? static_cast<std::size_t>(parameter->dim()) : 0;
    check(!parameter->defined() || (dims >= 1 && dims <= x.sizes().size() &&
                                    parameter->sizes() == x.sizes().slice(x.sizes().size() - dims)),
          ErrorKind::invalid_argument, "norm: a weight of {} elements for rows of {}",
          parameter->defined() ? parameter->numel() : 0, x.size(-1));
  }
  if (options.kind == NormOptions::Kind::layer) {
    return layer_norm(x, weight_d, bias_d, options);
  }
  return RmsNorm::apply(x, or_empty(weight_d), options.eps, options.weight_offset,
                        options.gain_in_float32);
}

ResidualNorm residual_norm(const Tensor& x_td, const Tensor& delta_td, const Tensor& weight_d,
                           const Tensor& bias_d, const NormOptions& options) {
  const Tensor sum_td = x_td + delta_td;
  return {sum_td, norm(sum_td, weight_d, bias_d, options)};
}

}  // namespace automodel::ops
