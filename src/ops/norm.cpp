#include "ops/norm.h"

#include "base/error.h"
#include "base/meter.h"
#include "ops/cpu/rows.h"
#include "ops/held.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kLayer = NormOptions::Kind::layer;

/// What a norm is: its parameters, undefined where it has none, and its options.
struct Norm {
  Tensor weight_d, bias_d;
  NormOptions options;

  bool is_layer() const { return options.kind == kLayer; }
  /// A layer norm is float32 up to its end.
  bool is_gain_in_float32() const { return options.gain_in_float32 || is_layer(); }
};

/// What the forward makes; the backward needs all but `out`.
struct Normed {
  Tensor sum;      // the rows that were normalised
  Tensor out;      // of the same shape
  Tensor mean;     // [..., 1] float32, of a layer norm
  Tensor inverse;  // 1 / root of the mean square, the same
};

Tensor inverse_rms(const Tensor& x32, double eps) {
  return x32.square().mean(-1, /*keepdim=*/true).add_(eps).rsqrt_();
}

/// weight_offset + weight, computed in dtype.
Tensor gain(const Norm& norm, at::ScalarType dtype) {
  const Tensor weight = norm.weight_d.to(dtype);
  return norm.options.weight_offset == 0 ? weight : weight + norm.options.weight_offset;
}

void save(AutogradContext* context, const Normed& normed, const Norm& norm) {
  context->save_for_backward({normed.sum, normed.mean, normed.inverse, norm.weight_d, norm.bias_d});
  hold(context, norm.options);
}

/// Whether the norm's parameters are one row each.
bool has_rows(const Norm& norm, const Tensor& x) {
  const auto is_row = [](const Tensor& y) { return !y.defined() || y.dim() == 1; };
  return x.size(-1) > 0 && is_row(norm.weight_d) && is_row(norm.bias_d);
}

/// Our kernels, if they take these rows and the norm's parameters.
const cpu::RowKernels* kernels_for(std::initializer_list<Tensor> rows, const Norm& norm) {
  return has_rows(norm, *rows.begin()) ? cpu::row_kernels_for(rows) : nullptr;
}

/// On a GPU LibTorch has layer norms in one pass. (On a CPU its sums depend on the number of
/// threads.)
bool is_for_library(const Norm& norm, const Tensor& x) {
  return x.is_cuda() && norm.is_layer() && has_rows(norm, x);
}

/// The parameters as the kernels take them: in float32, the gain rounded to its type first.
struct RowParameters {
  Tensor gain_d, bias_d;

  RowParameters(const Norm& norm, at::ScalarType type_of_gain) {
    if (norm.weight_d.defined()) {
      gain_d = gain(norm, type_of_gain).to(at::kFloat).contiguous();
    }
    if (norm.bias_d.defined()) {
      bias_d = norm.bias_d.to(at::kFloat).contiguous();
    }
  }
};

float* floats_of(const Tensor& x) { return x.defined() ? x.mutable_data_ptr<float>() : nullptr; }

cpu::NormTask task_of(const Normed& normed, const RowParameters& parameters, const Norm& norm) {
  const Tensor& x = normed.sum;
  return {.x = cpu::elements_of(x),
          .rows = x.numel() / x.size(-1),
          .width = x.size(-1),
          .eps = static_cast<float>(norm.options.eps),
          .gain = floats_of(parameters.gain_d),
          .bias = floats_of(parameters.bias_d),
          .round_before_gain = !norm.is_gain_in_float32(),
          .mean = floats_of(normed.mean),
          .inverse = floats_of(normed.inverse)};
}

Normed forward_by_kernel(const cpu::RowKernels& kernels, const Tensor& x, const Tensor& delta,
                         const Norm& norm) {
  auto row_sizes = x.sizes().vec();
  row_sizes.back() = 1;
  const Normed out{.sum = delta.defined() ? at::empty_like(x) : x,
                   .out = at::empty_like(x),
                   .mean = norm.is_layer() ? at::empty(row_sizes, at::kFloat) : Tensor(),
                   .inverse = at::empty(row_sizes, at::kFloat)};
  const RowParameters parameters(norm, norm.is_gain_in_float32() ? at::kFloat : x.scalar_type());
  auto task = task_of(out, parameters, norm);
  task.x = cpu::elements_of(x);
  task.residual = cpu::elements_of(delta);
  task.sum = cpu::elements_of(delta.defined() ? out.sum : Tensor());
  task.out = cpu::elements_of(out.out);
  cpu::norm(kernels, task);
  return out;
}

Normed forward_by_library(const Tensor& sum, const Norm& norm) {
  const RowParameters parameters(norm, at::kFloat);
  const auto [y, mean, inverse] =
      at::native_layer_norm(sum.to(at::kFloat), sum.sizes().slice(sum.sizes().size() - 1),
                            parameters.gain_d, parameters.bias_d, norm.options.eps);
  return {.sum = sum, .out = y.to(sum.scalar_type()), .mean = mean, .inverse = inverse};
}

Normed forward_reference(const Tensor& sum, const Norm& norm) {
  Normed out{.sum = sum, .out = {}, .mean = {}, .inverse = {}};
  Tensor y = sum.to(at::kFloat);
  if (norm.is_layer()) {
    out.mean = y.mean(-1, /*keepdim=*/true);
    y = y - out.mean;
  }
  out.inverse = inverse_rms(y, norm.options.eps);
  y = y * out.inverse;
  if (norm.weight_d.defined()) {
    const auto dtype = norm.is_gain_in_float32() ? at::kFloat : sum.scalar_type();
    y = y.to(dtype) * gain(norm, dtype);
  }
  if (norm.bias_d.defined()) {
    y = y + norm.bias_d.to(at::kFloat);
  }
  out.out = y.to(sum.scalar_type());
  return out;
}

/// delta: added to x before, or undefined.
Normed forward_of(const Tensor& x, const Tensor& delta, const Norm& norm) {
  const OperationTimer timer("norm");
  if (const auto* kernels = kernels_for({x, delta}, norm)) {
    return forward_by_kernel(*kernels, x, delta, norm);
  }
  const Tensor sum = delta.defined() ? x + delta : x;
  return is_for_library(norm, sum) ? forward_by_library(sum, norm) : forward_reference(sum, norm);
}

/// What reaches the backward: of the norm's output, and of the rows beside the norm or undefined.
struct Incoming {
  Tensor out, sum;
};

/// What the backward is asked for, and gives.
struct Needs {
  bool x, weight_d, bias_d;
};
struct Grads {
  Tensor x, weight_d, bias_d;
};

Grads backward_by_kernel(const cpu::RowKernels& kernels, const Incoming& grad, const Normed& saved,
                         const Norm& norm, const Needs& needs) {
  Grads out;
  const RowParameters parameters(norm, at::kFloat);
  auto task = task_of(saved, parameters, norm);
  task.residual = cpu::elements_of(grad.sum);
  task.grad = cpu::elements_of(grad.out);
  if (needs.x) {
    out.x = at::empty_like(saved.sum);
    task.grad_x = cpu::elements_of(out.x);
  }
  const auto sums =
      cpu::norm_backward(kernels, task, {.gain = needs.weight_d, .bias = needs.bias_d});
  out.weight_d = sums.gain;
  out.bias_d = sums.bias;
  return out;
}

Grads backward_by_library(const Tensor& grad, const Normed& saved, const Norm& norm,
                          const Needs& needs) {
  const RowParameters parameters(norm, at::kFloat);
  const Tensor& x = saved.sum;
  const auto [grad_x, grad_gain, grad_bias] = at::native_layer_norm_backward(
      grad.to(at::kFloat), x.to(at::kFloat), x.sizes().slice(x.sizes().size() - 1), saved.mean,
      saved.inverse, parameters.gain_d, parameters.bias_d, {needs.x, needs.weight_d, needs.bias_d});
  return {needs.x ? grad_x.to(x.scalar_type()) : Tensor(), grad_gain, grad_bias};
}

Grads backward_reference(const Tensor& grad_out, const Normed& saved, const Norm& norm,
                         const Needs& needs) {
  Grads out;
  const Tensor x32 = saved.sum.to(at::kFloat);
  const Tensor normed = (norm.is_layer() ? x32 - saved.mean : x32).mul(saved.inverse);
  Tensor grad = grad_out.to(at::kFloat);
  if (needs.weight_d) {
    out.weight_d = (grad * normed).sum_to_size(norm.weight_d.sizes());
  }
  if (needs.bias_d) {
    out.bias_d = grad.sum_to_size(norm.bias_d.sizes());
  }
  if (norm.weight_d.defined()) {
    grad = grad * gain(norm, at::kFloat);
  }
  if (needs.x) {
    const Tensor along = (grad * normed).mean(-1, /*keepdim=*/true);
    grad = norm.is_layer() ? grad - grad.mean(-1, /*keepdim=*/true) : grad;
    out.x = (grad - normed * along).mul_(saved.inverse).to(saved.sum.scalar_type());
  }
  return out;
}

Grads backward_without_kernel(const Incoming& incoming, const Normed& saved, const Norm& norm,
                              const Needs& needs) {
  auto out = is_for_library(norm, saved.sum) ? backward_by_library(incoming.out, saved, norm, needs)
                                             : backward_reference(incoming.out, saved, norm, needs);
  if (needs.x && incoming.sum.defined()) {
    out.x.add_(incoming.sum);
  }
  return out;
}

Grads backward_of(AutogradContext* context, const Incoming& incoming, Needs needs) {
  const OperationTimer timer("norm, gradients");
  const auto tensors = context->get_saved_variables();
  const Normed saved{.sum = tensors[0], .out = {}, .mean = tensors[1], .inverse = tensors[2]};
  const Norm norm{tensors[3], tensors[4], held<NormOptions>(context)};
  needs.weight_d = needs.weight_d && norm.weight_d.defined();
  needs.bias_d = needs.bias_d && norm.bias_d.defined();
  const Incoming rows{incoming.out.contiguous(),
                      incoming.sum.defined() ? incoming.sum.contiguous() : Tensor()};
  const auto* kernels = kernels_for({saved.sum, rows.out, rows.sum}, norm);
  auto out = kernels != nullptr ? backward_by_kernel(*kernels, rows, saved, norm, needs)
                                : backward_without_kernel(rows, saved, norm, needs);
  if (out.weight_d.defined()) {
    out.weight_d = out.weight_d.to(norm.weight_d.scalar_type());
  }
  if (out.bias_d.defined()) {
    out.bias_d = out.bias_d.to(norm.bias_d.scalar_type());
  }
  return out;
}

/// Saves the rows and what each was divided by; the normalised rows are recomputed in the backward.
struct NormNode : torch::autograd::Function<NormNode> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight_or_empty,
                        const Tensor& bias_or_empty, const NormOptions& options) {
    const Norm norm{or_undefined(weight_or_empty), or_undefined(bias_or_empty), options};
    const auto normed = forward_of(x, Tensor(), norm);
    save(context, normed, norm);
    return normed.out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto out = backward_of(
        context, {grads[0], Tensor()},
        {context->needs_input_grad(0), context->needs_input_grad(1), context->needs_input_grad(2)});
    return {out.x, out.weight_d, out.bias_d, Tensor()};
  }
};

/// x + delta and its norm as one node: the sum is stored once, its gradient added once.
struct ResidualNormNode : torch::autograd::Function<ResidualNormNode> {
  static variable_list forward(AutogradContext* context, const Tensor& x_td, const Tensor& delta_td,
                               const Tensor& weight_or_empty, const Tensor& bias_or_empty,
                               const NormOptions& options) {
    const Norm norm{or_undefined(weight_or_empty), or_undefined(bias_or_empty), options};
    const auto normed = forward_of(x_td, delta_td, norm);
    save(context, normed, norm);
    return {normed.sum, normed.out};
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const bool needs_rows = context->needs_input_grad(0) || context->needs_input_grad(1);
    const auto out =
        backward_of(context, {grads[1], grads[0]},
                    {needs_rows, context->needs_input_grad(2), context->needs_input_grad(3)});
    return {out.x, out.x, out.weight_d, out.bias_d, Tensor()};
  }
};

void check_parameters(const Tensor& x, const Tensor& weight_d, const Tensor& bias_d,
                      const NormOptions& options) {
  check(!bias_d.defined() || options.kind == kLayer, ErrorKind::invalid_argument,
        "norm: a bias of {} elements, but only layer norms have one",
        bias_d.defined() ? bias_d.numel() : 0);
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
  check_parameters(x, weight_d, bias_d, options);
  return NormNode::apply(x.contiguous(), or_empty(weight_d), or_empty(bias_d), options);
}

ResidualNorm residual_norm(const Tensor& x_td, const Tensor& delta_td, const Tensor& weight_d,
                           const Tensor& bias_d, const NormOptions& options) {
  if (x_td.sizes() != delta_td.sizes() || x_td.scalar_type() != delta_td.scalar_type()) {
    const Tensor sum_td = x_td + delta_td;
    return {sum_td, norm(sum_td, weight_d, bias_d, options)};
  }
  check_parameters(x_td, weight_d, bias_d, options);
  const auto out = ResidualNormNode::apply(x_td.contiguous(), delta_td.contiguous(),
                                           or_empty(weight_d), or_empty(bias_d), options);
  return {out[0], out[1]};
}

}  // namespace automodel::ops
