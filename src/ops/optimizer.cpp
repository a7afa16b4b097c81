#include "ops/optimizer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/meter.h"
#include "base/random.h"
#include "ops/adam_parts.h"
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
      .step_size = static_cast<float>(options.lr / bias_correction(options, options.beta1, step)),
      .root_scale =
          static_cast<float>(1 / std::sqrt(bias_correction(options, options.beta2, step))),
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
  std::vector<AdamPart> parts;
  for (const AdamUpdate& given : updates) {
    if (kernels != nullptr && is_for_product_kernel(given)) {
      tasks.add_deferred(given, step);
      continue;
    }
    const AdamUpdate update = computed(given);
    if (kernels != nullptr && is_for_kernel(update)) {
      tasks.add(update, step);
    } else {
      add_parts(parts, update, noise_of(update, step));
    }
  }
  update_parts(parts, step);
  if (kernels != nullptr) {
    tasks.run(*kernels);
  }
}

void adam_step_reference(std::span<const AdamUpdate> updates, std::int64_t step) {
  check_updates(updates, step);
  const at::NoGradGuard no_grad;
  for (const AdamUpdate& update : updates) {
    AdamUpdate whole = computed(update);
    whole.grad = whole.grad.to_dense();
    update_by_formula(whole, random_bits(noise_of(update, step), update.weight), step);
  }
}

double sum_of_squares(std::span<const Tensor> tensors) {
  const OperationTimer timer("gradient norm");
  const auto* kernels = cpu::kernels();
  std::vector<cpu::Run> runs;
  std::vector<Tensor> read, others;
  double known = 0;
  for (const Tensor& given : tensors) {
    const Tensor tensor = given.is_sparse() ? rows_of(given).values_nd : given;
    if (const auto squares = known_squares(tensor)) {
      known += *squares;
    } else if (kernels != nullptr && is_plain(tensor)) {
      runs.push_back({cpu::elements_of(tensor), tensor.numel()});
      read.push_back(tensor);
    } else {
      others.push_back(tensor);
    }
  }
  if (!others.empty()) {
    const auto norms = at::stack(at::_foreach_norm(others, 2, at::kFloat));
    known += norms.to(at::kDouble).square().sum().item<double>();
  }
  return runs.empty() ? known : known + cpu::sum_of_squares(kernels->update, runs);
}

}  // namespace automodel::ops
