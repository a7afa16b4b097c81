#include "ops/optimizer.h"

#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>

#include <cmath>

#include "base/error.h"
#include "base/meter.h"
#include "tensor/dtype.h"
#include "tensor/tensor_info.h"

namespace automodel::ops {
namespace {

void check_operand(const Tensor& tensor, const Tensor& weight, const char* name) {
  check(tensor.scalar_type() == at::kFloat, ErrorKind::invalid_argument,
        "the optimizer works in float32, but its {} is {}", name, dtype_name(tensor.scalar_type()));
  check(tensor.sizes() == weight.sizes(), ErrorKind::invalid_argument,
        "the optimizer's {} has the shape {}, the weight {}", name,
        shape_text(tensor.sizes().vec()), shape_text(weight.sizes().vec()));
}

void check_operands(const Tensor& weight, const Tensor& grad, const AdamState& state,
                    std::int64_t step) {
  check(step >= 1, ErrorKind::invalid_argument, "Adam's steps count from 1, not {}", step);
  check_operand(weight, weight, "weight");
  check_operand(grad, weight, "gradient");
  check_operand(state.exp_avg, weight, "first moment");
  check_operand(state.exp_avg_sq, weight, "second moment");
  if (state.max_exp_avg_sq.defined()) {
    check_operand(state.max_exp_avg_sq, weight, "maximum of the second moment");
  }
}

}  // namespace

void adam_step(const Tensor& weight, const Tensor& grad, const AdamState& state, std::int64_t step,
               const AdamOptions& options) {
  const OperationTimer timer("update");
  check_operands(weight, grad, state, step);
  const at::NoGradGuard no_grad;
  const bool amsgrad = state.max_exp_avg_sq.defined();
  const std::vector<Tensor> weights = {weight}, grads = {grad}, averages = {state.exp_avg},
                            squares = {state.exp_avg_sq};
  const std::vector<Tensor> maxima =
      amsgrad ? std::vector<Tensor>{state.max_exp_avg_sq} : std::vector<Tensor>{};
  const std::vector<Tensor> steps = {
      at::full({}, static_cast<double>(step), weight.options().requires_grad(false))};
  const auto update = [&](const auto& kernel) {
    kernel(weights, grads, averages, squares, maxima, steps, options.lr, options.beta1,
           options.beta2, options.weight_decay, options.eps, amsgrad, options.maximize);
  };
  if (options.decoupled) {
    update([](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  } else {
    update([](const auto&... arguments) { at::_fused_adam_(arguments...); });
  }
}

void adam_step_reference(const Tensor& weight, const Tensor& grad, const AdamState& state,
                         std::int64_t step, const AdamOptions& options) {
  check_operands(weight, grad, state, step);
  const at::NoGradGuard no_grad;
  Tensor direction = options.maximize ? -grad : grad;
  if (options.decoupled) {
    weight.mul_(1 - options.lr * options.weight_decay);
  } else {
    direction = direction + options.weight_decay * weight;
  }
  state.exp_avg.mul_(options.beta1).add_(direction, 1 - options.beta1);
  state.exp_avg_sq.mul_(options.beta2).addcmul_(direction, direction, 1 - options.beta2);
  Tensor second = state.exp_avg_sq;
  if (state.max_exp_avg_sq.defined()) {
    second = state.max_exp_avg_sq.copy_(at::maximum(state.max_exp_avg_sq, state.exp_avg_sq));
  }
  const double correction1 = 1 - std::pow(options.beta1, step);
  const double correction2 = 1 - std::pow(options.beta2, step);
  const Tensor denominator = (second / correction2).sqrt() + options.eps;
  weight.addcdiv_(state.exp_avg / correction1, denominator, -options.lr);
}

}  // namespace automodel::ops
