#include "ops/optimizer.h"

#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>

#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/meter.h"
#include "ops/cpu/dispatch.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/update.h"
#include "tensor/dtype.h"
#include "tensor/tensor_info.h"

namespace automodel::ops {
namespace {

void check_shape(const Tensor& tensor, const Tensor& weight, const char* name) {
  check(tensor.sizes() == weight.sizes(), ErrorKind::invalid_argument,
        "the optimizer's {} has the shape {}, the weight {}", name,
        shape_text(tensor.sizes().vec()), shape_text(weight.sizes().vec()));
}

void check_operand(const Tensor& tensor, const Tensor& weight, const char* name) {
  check(tensor.scalar_type() == at::kFloat, ErrorKind::invalid_argument,
        "the optimizer works in float32, but its {} is {}", name, dtype_name(tensor.scalar_type()));
  check_shape(tensor, weight, name);
}

void check_update(const AdamUpdate& update) {
  const auto& [weight, grad, state, stored, options] = update;
  check_operand(weight, weight, "weight");
  check(at::isFloatingType(grad.scalar_type()), ErrorKind::invalid_argument,
        "the optimizer's gradient is {}, which is no floating type",
        dtype_name(grad.scalar_type()));
  check_shape(grad, weight, "gradient");
  check_operand(state.exp_avg, weight, "first moment");
  check_operand(state.exp_avg_sq, weight, "second moment");
  if (state.max_exp_avg_sq.defined()) {
    check_operand(state.max_exp_avg_sq, weight, "maximum of the second moment");
  }
  if (stored.defined()) {
    check_shape(stored, weight, "stored weight");
  }
}

void check_updates(std::span<const AdamUpdate> updates, std::int64_t step) {
  check(step >= 1, ErrorKind::invalid_argument, "Adam's steps count from 1, not {}", step);
  for (const AdamUpdate& update : updates) {
    check_update(update);
  }
}

bool is_plain(const Tensor& tensor, bool takes_bfloat16) {
  return !tensor.defined() || (tensor.is_cpu() && tensor.is_contiguous() &&
                               (tensor.scalar_type() == at::kFloat ||
                                (takes_bfloat16 && tensor.scalar_type() == at::kBFloat16)));
}

bool is_for_kernel(const AdamUpdate& update) {
  const auto& [weight, grad, state, stored, options] = update;
  return is_plain(weight, false) && is_plain(grad, true) && is_plain(state.exp_avg, false) &&
         is_plain(state.exp_avg_sq, false) && is_plain(state.max_exp_avg_sq, false) &&
         is_plain(stored, true) && (!stored.defined() || stored.scalar_type() == at::kBFloat16);
}

float* floats(const Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
}

cpu::AdamTask task_of(const AdamUpdate& update, std::int64_t step) {
  const auto& [weight, grad, state, stored, options] = update;
  const auto steps = static_cast<double>(step);
  const double decay = options.weight_decay;
  return {
      .weight = floats(weight),
      .stored = stored.defined() ? static_cast<std::uint16_t*>(stored.mutable_data_ptr()) : nullptr,
      .exp_avg = floats(state.exp_avg),
      .exp_avg_sq = floats(state.exp_avg_sq),
      .max_exp_avg_sq = floats(state.max_exp_avg_sq),
      .grad = cpu::elements_of(grad),
      .size = weight.numel(),
      .grad_scale = static_cast<float>(options.maximize ? -options.grad_scale : options.grad_scale),
      .l2 = static_cast<float>(options.decoupled ? 0 : decay),
      .shrink = static_cast<float>(options.decoupled ? 1 - options.lr * decay : 1),
      .beta1 = static_cast<float>(options.beta1),
      .beta2 = static_cast<float>(options.beta2),
      .rest1 = static_cast<float>(1 - options.beta1),
      .rest2 = static_cast<float>(1 - options.beta2),
      .step_size = static_cast<float>(options.lr / (1 - std::pow(options.beta1, steps))),
      .root_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(options.beta2, steps))),
      .eps = static_cast<float>(options.eps)};
}

/// The gradient as the update takes it; not the gradient itself, which stays as it is.
Tensor scaled(const AdamUpdate& update) {
  const double scale = update.options.grad_scale;
  const Tensor grad = update.grad.to(at::kFloat);
  return scale == 1 ? grad : grad * scale;
}

void store(const AdamUpdate& update) {
  if (update.stored.defined()) {
    update.stored.copy_(update.weight);
  }
}

void update_by_library(const AdamUpdate& update, std::int64_t step) {
  const auto& [weight, grad, state, stored, options] = update;
  const bool amsgrad = state.max_exp_avg_sq.defined();
  const std::vector<Tensor> weights = {weight}, grads = {scaled(update)},
                            averages = {state.exp_avg}, squares = {state.exp_avg_sq};
  const std::vector<Tensor> maxima =
      amsgrad ? std::vector<Tensor>{state.max_exp_avg_sq} : std::vector<Tensor>{};
  const std::vector<Tensor> steps = {
      at::full({}, static_cast<double>(step), weight.options().requires_grad(false))};
  const auto run = [&](const auto& kernel) {
    kernel(weights, grads, averages, squares, maxima, steps, options.lr, options.beta1,
           options.beta2, options.weight_decay, options.eps, amsgrad, options.maximize);
  };
  if (options.decoupled) {
    run([](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  } else {
    run([](const auto&... arguments) { at::_fused_adam_(arguments...); });
  }
  store(update);
}

void update_by_formula(const AdamUpdate& update, std::int64_t step) {
  const auto& [weight, grad, state, stored, options] = update;
  Tensor direction = options.maximize ? -scaled(update) : scaled(update);
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
  store(update);
}

}  // namespace

void adam_step(std::span<const AdamUpdate> updates, std::int64_t step) {
  const OperationTimer timer("update");
  check_updates(updates, step);
  const at::NoGradGuard no_grad;
  const auto* kernels = cpu::kernels();
  std::vector<cpu::AdamTask> tasks;
  for (const AdamUpdate& update : updates) {
    if (kernels != nullptr && is_for_kernel(update)) {
      tasks.push_back(task_of(update, step));
    } else {
      update_by_library(update, step);
    }
  }
  if (!tasks.empty()) {
    cpu::adam(kernels->update, tasks);
  }
}

void adam_step_reference(std::span<const AdamUpdate> updates, std::int64_t step) {
  check_updates(updates, step);
  const at::NoGradGuard no_grad;
  for (const AdamUpdate& update : updates) {
    update_by_formula(update, step);
  }
}

double sum_of_squares(std::span<const Tensor> tensors) {
  const OperationTimer timer("gradient norm");
  const auto* kernels = cpu::kernels();
  double sum = 0;
  std::vector<cpu::Run> runs;
  for (const Tensor& tensor : tensors) {
    if (kernels != nullptr && is_plain(tensor, true)) {
      runs.push_back({cpu::elements_of(tensor), tensor.numel()});
    } else {
      sum += std::pow(at::linalg_vector_norm(tensor, 2, {}, false, at::kFloat).item<double>(), 2);
    }
  }
  return runs.empty() ? sum : sum + cpu::sum_of_squares(kernels->update, runs);
}

}  // namespace automodel::ops
