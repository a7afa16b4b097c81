#include "ops/optimizer.h"

#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/meter.h"
#include "base/random.h"
#include "ops/cpu/dispatch.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/update.h"
#include "ops/grouped_product.h"
#include "ops/known_squares.h"
#include "ops/rounding.h"
#include "ops/row_gradient.h"
#include "tensor/dtype.h"
#include "tensor/tensor_info.h"

namespace automodel::ops {
namespace {

void check_shape(const Tensor& tensor, const Tensor& weight, const char* name) {
  check(tensor.sizes() == weight.sizes(), ErrorKind::invalid_argument,
        "the optimizer's {} has the shape {}, the weight {}", name,
        shape_text(tensor.sizes().vec()), shape_text(weight.sizes().vec()));
}

void check_state(const Tensor& tensor, const Tensor& weight, const char* name) {
  check(tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16,
        ErrorKind::invalid_argument, "the optimizer's {} is float32 or bfloat16, not {}", name,
        dtype_name(tensor.scalar_type()));
  check_shape(tensor, weight, name);
}

/// What a bfloat16 weight lacks, rather than an exact weight.
bool is_remainder(const Tensor& master) {
  return master.scalar_type() == at::kShort || master.scalar_type() == at::kChar;
}

void check_weight(const Tensor& weight, const Tensor& master) {
  const auto dtype = weight.scalar_type();
  if (!master.defined()) {
    check(dtype == at::kFloat || dtype == at::kBFloat16, ErrorKind::invalid_argument,
          "the optimizer's weight without a master is float32 or bfloat16, not {}",
          dtype_name(dtype));
    return;
  }
  const auto exact = master.scalar_type();
  check(
      exact == at::kFloat || (is_remainder(master) && dtype == at::kBFloat16),
      ErrorKind::invalid_argument,
      "the optimizer's master weight is float32, or int16 or int8 beside bfloat16; it is {} beside "
      "{}",
      dtype_name(exact), dtype_name(dtype));
  check_shape(master, weight, "master weight");
}

void check_product(const GroupedOuterProduct& product, const Tensor& weight) {
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(product.counts_e.size()),
                                           product.m(), product.n()};
  check(weight.sizes() == shape, ErrorKind::invalid_argument,
        "the optimizer's gradient has the shape {}, the weight {}", shape_text(shape),
        shape_text(weight.sizes().vec()));
}

void check_update(const AdamUpdate& update) {
  const Tensor& weight = update.weight;
  check_weight(weight, update.master);
  if (update.deferred != nullptr) {
    check_product(update.deferred->product, weight);
  } else {
    check(at::isFloatingType(update.grad.scalar_type()), ErrorKind::invalid_argument,
          "the optimizer's gradient is {}, which is no floating type",
          dtype_name(update.grad.scalar_type()));
    check_shape(update.grad, weight, "gradient");
  }
  check_state(update.state.exp_avg, weight, "first moment");
  check_state(update.state.exp_avg_sq, weight, "second moment");
  if (const Tensor& largest = update.state.max_exp_avg_sq; largest.defined()) {
    check_shape(largest, weight, "maximum of the second moment");
    check(largest.scalar_type() == update.state.exp_avg_sq.scalar_type(),
          ErrorKind::invalid_argument,
          "the optimizer's second moment is {}, its maximum {}; both have one type",
          dtype_name(update.state.exp_avg_sq.scalar_type()), dtype_name(largest.scalar_type()));
  }
}

void check_updates(std::span<const AdamUpdate> updates, std::int64_t step) {
  check(step >= 1, ErrorKind::invalid_argument, "Adam's steps count from 1, not {}", step);
  for (const AdamUpdate& update : updates) {
    check_update(update);
  }
}

bool is_plain(const Tensor& tensor) {
  return !tensor.defined() ||
         (tensor.is_cpu() && tensor.is_contiguous() &&
          (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16));
}

/// Whatever the gradient is.
bool has_kernels_state(const AdamUpdate& update) {
  const auto& [exp_avg, exp_avg_sq, max_exp_avg_sq] = update.state;
  const Tensor& master = update.master;
  const bool is_split = master.defined() && is_remainder(master);
  return is_plain(update.weight) && is_plain(exp_avg) && is_plain(exp_avg_sq) &&
         is_plain(max_exp_avg_sq) &&
         (!master.defined() || (is_split && master.is_cpu() && master.is_contiguous()));
}

bool is_for_kernel(const AdamUpdate& update) {
  return has_kernels_state(update) &&
         is_plain(update.grad.is_sparse() ? update.grad._values() : update.grad);
}

/// A gradient whose products the kernels take as they make them.
bool is_for_product_kernel(const AdamUpdate& update) {
  return update.deferred != nullptr && has_kernels_state(update) &&
         can_update(update.deferred->product, update.weight);
}

/// What bias correction divides a moment by.
double correction(const AdamOptions& options, double beta, std::int64_t step) {
  return options.bias_correction ? 1 - std::pow(beta, static_cast<double>(step)) : 1;
}

/// The number of the first entry's random bits, which is even.
std::uint32_t noise_of(const AdamUpdate& update, std::int64_t step) {
  return RandomStream(static_cast<std::uint64_t>(step), StreamPurpose::rounding, update.stream)
             .next_u32() &
         ~1U;
}

/// All but the gradient.
cpu::AdamTask task_of(const AdamUpdate& update, std::int64_t step) {
  const AdamOptions& options = update.options;
  const double decay = options.weight_decay;
  return {
      .weight = cpu::elements_of(update.weight),
      .remainder = update.master.defined() ? update.master.mutable_data_ptr() : nullptr,
      .remainder_bytes =
          update.master.defined() ? static_cast<int>(update.master.element_size()) : 0,
      .exp_avg = cpu::elements_of(update.state.exp_avg),
      .exp_avg_sq = cpu::elements_of(update.state.exp_avg_sq),
      .max_exp_avg_sq = cpu::elements_of(update.state.max_exp_avg_sq),
      .grad = {},
      .size = update.weight.numel(),
      .noise = noise_of(update, step),
      .grad_scale = static_cast<float>(options.maximize ? -options.grad_scale : options.grad_scale),
      .l2 = static_cast<float>(options.decoupled ? 0 : decay),
      .shrink = static_cast<float>(options.decoupled ? 1 - options.lr * decay : 1),
      .beta1 = static_cast<float>(options.beta1),
      .beta2 = static_cast<float>(options.beta2),
      .rest1 = static_cast<float>(1 - options.beta1),
      .rest2 = static_cast<float>(1 - options.beta2),
      .step_size = static_cast<float>(options.lr / correction(options, options.beta1, step)),
      .root_scale = static_cast<float>(1 / std::sqrt(correction(options, options.beta2, step))),
      .eps = static_cast<float>(options.eps)};
}

/// The kernel's share of a step.
class KernelTasks {
 public:
  void add(const AdamUpdate& update, std::int64_t step) {
    const auto task = task_of(update, step);
    // Parts begin at even entries, as the kernel's random bits do.
    if (update.grad.is_sparse() && update.grad.size(1) % 2 == 0) {
      add_rows(task, rows_of(update.grad));
      return;
    }
    kept_.push_back(update.grad.to_dense());
    add_part(task, 0, task.size, cpu::elements_of(kept_.back()));
  }

  void add_deferred(const AdamUpdate& update, std::int64_t step) {
    const auto task = task_of(update, step);
    const DeferredGradient& gradient = *update.deferred;
    const cpu::Index size = gradient.product.m() * gradient.product.n();
    for (std::int64_t e = 0; cpu::Product & product : outer_products(gradient.product)) {
      if (gradient.is_deferred(e)) {
        product.update = cpu::part_of(task, e * size, size);
        products_.push_back(product);
      } else {
        add_part(task, e * size, size, cpu::elements_of(gradient.computed_of(e)));
      }
      ++e;
    }
  }

  void run(const cpu::Kernels& kernels) const {
    cpu::update_by_products(kernels, products_);
    cpu::adam(kernels.update, tasks_);
  }

 private:
  void add_rows(const cpu::AdamTask& task, const GradientRows& rows) {
    const cpu::Index width = rows.values_nd.size(1);
    const auto values = cpu::elements_of(rows.values_nd);
    const auto* ids = rows.ids_n.const_data_ptr<std::int64_t>();
    const auto zeros = at::zeros({cpu::kEntriesOfTask}, rows.values_nd.options());
    cpu::Index done = 0;
    for (cpu::Index i = 0; i < rows.ids_n.numel(); ++i) {
      add_zeros(task, done, ids[i] * width, cpu::elements_of(zeros));
      add_part(task, ids[i] * width, width, cpu::elements_from(values, i * width));
      done = (ids[i] + 1) * width;
    }
    add_zeros(task, done, task.size, cpu::elements_of(zeros));
    kept_.insert(kept_.end(), {rows.values_nd, zeros});
  }

  /// All these parts read the same few zeros.
  void add_zeros(const cpu::AdamTask& task, cpu::Index begin, cpu::Index end,
                 const cpu::Elements& zeros) {
    for (; begin < end; begin += cpu::kEntriesOfTask) {
      add_part(task, begin, std::min(cpu::kEntriesOfTask, end - begin), zeros);
    }
  }

  void add_part(const cpu::AdamTask& task, cpu::Index begin, cpu::Index size,
                const cpu::Elements& grad) {
    tasks_.push_back(cpu::part_of(task, begin, size));
    tasks_.back().grad = grad;
  }

  std::vector<cpu::AdamTask> tasks_;
  std::vector<cpu::Product> products_;
  std::vector<Tensor> kept_;  // what they read
};

/// What no kernel of ours does: an update, or a range of its entries.
struct Part {
  AdamUpdate update;
  std::uint32_t noise;  // of its first entry
};

/// The entries from `begin` on as a flat tensor.
Tensor range_of(const Tensor& tensor, std::int64_t begin, std::int64_t size) {
  return tensor.defined() ? tensor.view(-1).narrow(0, begin, size) : tensor;
}

/// Adds the parts of an update whose gradient is there. Each operation of a part has a result of
/// its size: a large weight's would be many times the weight.
void add_parts(std::vector<Part>& parts, AdamUpdate update, std::uint32_t noise) {
  constexpr std::int64_t kEntries = 1 << 24;
  const auto& [exp_avg, exp_avg_sq, max_exp_avg_sq] = update.state;
  const auto is_flat = [](const Tensor& tensor) {
    return !tensor.defined() || tensor.is_contiguous();
  };
  update.grad = update.grad.to_dense();
  const std::int64_t numel = update.weight.numel();
  if (numel <= kEntries || !is_flat(update.weight) || !is_flat(update.grad) ||
      !is_flat(update.master) || !is_flat(exp_avg) || !is_flat(exp_avg_sq) ||
      !is_flat(max_exp_avg_sq)) {
    parts.push_back({update, noise});
    return;
  }
  for (std::int64_t begin = 0; begin < numel; begin += kEntries) {
    const std::int64_t size = std::min(kEntries, numel - begin);
    const auto range = [&](const Tensor& tensor) { return range_of(tensor, begin, size); };
    AdamUpdate part = update;
    part.weight = range(update.weight);
    part.grad = range(update.grad);
    part.master = range(update.master);
    part.state = {range(exp_avg), range(exp_avg_sq), range(max_exp_avg_sq)};
    parts.push_back({part, noise + static_cast<std::uint32_t>(begin)});
  }
}

/// The gradient as the update takes it; not the gradient itself, which stays as it is.
Tensor scaled(const AdamUpdate& update) {
  const double scale = update.options.grad_scale;
  const Tensor grad = update.grad.to(at::kFloat);
  return scale == 1 ? grad : grad * scale;
}

/// The weight's exact value: a float32 tensor of the update's own, or a copy.
Tensor exact_weight(const AdamUpdate& update) {
  if (!update.master.defined()) {
    return update.weight.to(at::kFloat);
  }
  return update.master.scalar_type() == at::kFloat ? update.master
                                                   : joined_float32({update.weight, update.master});
}

/// The random bits by which an exact weight is rounded.
Tensor bits_for_weight(const Tensor& random) { return random.bitwise_right_shift(8); }

/// Puts the exact value back, and its rounded copy.
void set_weight(const AdamUpdate& update, const Tensor& exact, const Tensor& random) {
  if (update.master.defined() && is_remainder(update.master)) {
    const bool is_short = update.master.scalar_type() == at::kChar;
    const auto [upper, remainder] =
        is_short ? split_float24(exact, random.bitwise_right_shift(8)) : split_float32(exact);
    update.weight.copy_(upper);
    update.master.copy_(remainder);
  } else if (update.master.defined() || update.weight.scalar_type() == at::kFloat) {
    update.weight.copy_(exact);
  } else {
    update.weight.copy_(rounded_at_random(exact, random));
  }
}

/// float32 moments and an exact weight: the library's kernel can do it in place.
bool is_for_library(const AdamUpdate& update) {
  return (update.master.defined() || update.weight.scalar_type() == at::kFloat) &&
         update.options.bias_correction && update.state.exp_avg.scalar_type() == at::kFloat &&
         update.state.exp_avg_sq.scalar_type() == at::kFloat;
}

/// May one call of the library have both?
bool go_together(const AdamUpdate& a, const AdamUpdate& b) {
  return a.options == b.options && a.weight.device() == b.weight.device() &&
         a.state.max_exp_avg_sq.defined() == b.state.max_exp_avg_sq.defined();
}

/// The operands of one call.
struct LibraryLists {
  std::vector<Tensor> weights, grads, averages, squares, maxima, steps;

  void add(const AdamUpdate& update, const Tensor& step) {
    weights.push_back(exact_weight(update));
    const Tensor grad = scaled(update);
    const bool is_alike = grad.strides() == weights.back().strides();
    grads.push_back(is_alike ? grad : at::empty_like(weights.back()).copy_(grad));
    averages.push_back(update.state.exp_avg);
    squares.push_back(update.state.exp_avg_sq);
    if (update.state.max_exp_avg_sq.defined()) {
      maxima.push_back(update.state.max_exp_avg_sq);
    }
    steps.push_back(step);
  }
};

void call_library(std::span<const Part> parts, std::int64_t step) {
  const AdamUpdate& first = parts[0].update;
  const AdamOptions& options = first.options;
  const bool amsgrad = first.state.max_exp_avg_sq.defined();
  const Tensor count =
      at::full({}, static_cast<double>(step), at::device(first.weight.device()).dtype(at::kFloat));
  LibraryLists lists;
  for (const Part& part : parts) {
    lists.add(part.update, count);
  }
  const auto run = [&](const auto& kernel) {
    kernel(lists.weights, lists.grads, lists.averages, lists.squares, lists.maxima, lists.steps,
           options.lr, options.beta1, options.beta2, options.weight_decay, options.eps, amsgrad,
           options.maximize);
  };
  if (options.decoupled) {
    run([](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  } else {
    run([](const auto&... arguments) { at::_fused_adam_(arguments...); });
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& [update, noise] = parts[i];
    const bool rounds = update.master.defined() && update.master.scalar_type() == at::kChar;
    set_weight(update, lists.weights[i],
               rounds ? bits_for_weight(random_bits(noise, update.weight)) : Tensor());
  }
}

/// In calls with few copies of weights and gradients at once.
void update_by_library(std::span<const Part> parts, std::int64_t step) {
  constexpr std::int64_t kEntries = 1 << 26;
  while (!parts.empty()) {
    std::size_t count = 1;
    std::int64_t entries = parts[0].update.weight.numel();
    for (; count < parts.size() && go_together(parts[0].update, parts[count].update); ++count) {
      entries += parts[count].update.weight.numel();
      if (entries > kEntries) {
        break;
      }
    }
    call_library(parts.first(count), step);
    parts = parts.subspan(count);
  }
}

/// Into a moment, whatever its type.
void set_moment(const Tensor& moment, const Tensor& exact, const Tensor& random) {
  moment.copy_(moment.scalar_type() == at::kFloat ? exact : rounded_at_random(exact, random));
}

void update_by_formula(const Part& part, std::int64_t step) {
  const auto& [update, noise] = part;
  const AdamOptions& options = update.options;
  const auto& [exp_avg, exp_avg_sq, max_exp_avg_sq] = update.state;
  const Tensor random = random_bits(noise, update.weight);
  const Tensor weight = exact_weight(update);
  Tensor direction = options.maximize ? -scaled(update) : scaled(update);
  if (options.decoupled) {
    weight.mul_(1 - options.lr * options.weight_decay);
  } else {
    direction = direction + options.weight_decay * weight;
  }
  const Tensor first = exp_avg.to(at::kFloat) * options.beta1 + direction * (1 - options.beta1);
  Tensor second =
      exp_avg_sq.to(at::kFloat) * options.beta2 + direction.square() * (1 - options.beta2);
  set_moment(exp_avg, first, random);
  set_moment(exp_avg_sq, second, random.bitwise_right_shift(16));
  if (max_exp_avg_sq.defined()) {
    second = at::maximum(max_exp_avg_sq.to(at::kFloat), second);
    set_moment(max_exp_avg_sq, second, random.bitwise_right_shift(16));
  }
  const Tensor denominator =
      (second / correction(options, options.beta2, step)).sqrt() + options.eps;
  weight.addcdiv_(first / correction(options, options.beta1, step), denominator, -options.lr);
  set_weight(update, weight, bits_for_weight(random));
}

/// Of what the update computes of its gradients.
double product_flops(std::span<const AdamUpdate> updates) {
  double flops = 0;
  for (const AdamUpdate& update : updates) {
    if (const auto* deferred = update.deferred) {
      const std::int64_t entries = deferred->product.m() * deferred->product.n();
      flops += 2.0 * static_cast<double>(deferred->deferred_pairs() * entries);
    }
  }
  return flops;
}

/// With the gradient itself, in float32, if it was deferred.
AdamUpdate computed(AdamUpdate update) {
  if (update.deferred != nullptr) {
    update.grad = grouped_outer_product(update.deferred->product, at::kFloat);
    update.deferred = nullptr;
  }
  return update;
}

}  // namespace

void adam_step(std::span<const AdamUpdate> updates, std::int64_t step) {
  const OperationTimer timer("update", product_flops(updates));
  check_updates(updates, step);
  const at::NoGradGuard no_grad;
  const auto* kernels = cpu::kernels();
  KernelTasks tasks;
  std::vector<Part> of_library, of_formula;
  for (const AdamUpdate& given : updates) {
    if (kernels != nullptr && is_for_product_kernel(given)) {
      tasks.add_deferred(given, step);
      continue;
    }
    const AdamUpdate update = computed(given);
    if (kernels != nullptr && is_for_kernel(update)) {
      tasks.add(update, step);
    } else {
      add_parts(is_for_library(update) ? of_library : of_formula, update, noise_of(update, step));
    }
  }
  update_by_library(of_library, step);
  for (const Part& part : of_formula) {
    update_by_formula(part, step);
  }
  if (kernels != nullptr) {
    tasks.run(*kernels);
  }
}

void adam_step_reference(std::span<const AdamUpdate> updates, std::int64_t step) {
  check_updates(updates, step);
  const at::NoGradGuard no_grad;
  for (const AdamUpdate& update : updates) {
    Part whole{computed(update), noise_of(update, step)};
    whole.update.grad = whole.update.grad.to_dense();
    update_by_formula(whole, step);
  }
}

double sum_of_squares(std::span<const Tensor> tensors) {
  const OperationTimer timer("gradient norm");
  const auto* kernels = cpu::kernels();
  std::vector<cpu::Run> runs;
  std::vector<Tensor> read, norms;
  double known = 0;
  for (const Tensor& given : tensors) {
    const Tensor tensor = given.is_sparse() ? rows_of(given).values_nd : given;
    if (const auto squares = known_squares(tensor)) {
      known += *squares;
    } else if (kernels != nullptr && is_plain(tensor)) {
      runs.push_back({cpu::elements_of(tensor), tensor.numel()});
      read.push_back(tensor);
    } else {
      norms.push_back(at::linalg_vector_norm(tensor, 2, {}, false, at::kFloat));
    }
  }
  if (!norms.empty()) {
    known += at::stack(norms).to(at::kDouble).square().sum().item<double>();
  }
  return runs.empty() ? known : known + cpu::sum_of_squares(kernels->update, runs);
}

}  // namespace automodel::ops
