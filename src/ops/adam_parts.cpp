#include "ops/adam_parts.h"

#include <ATen/ATen.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ops/rounding.h"

namespace automodel::ops {
namespace {

constexpr std::int64_t kEntries = 1 << 24;  // of a part

/// Their tensors of one kind.
using Member = Tensor& (*)(AdamUpdate&);
constexpr std::array<Member, 6> kMembers = {
    [](AdamUpdate& update) -> Tensor& { return update.grad; },
    [](AdamUpdate& update) -> Tensor& { return update.weight; },
    [](AdamUpdate& update) -> Tensor& { return update.master; },
    [](AdamUpdate& update) -> Tensor& { return update.state.exp_avg; },
    [](AdamUpdate& update) -> Tensor& { return update.state.exp_avg_sq; },
    [](AdamUpdate& update) -> Tensor& { return update.state.max_exp_avg_sq; }};

bool is_flat(AdamUpdate update) {
  return std::ranges::all_of(kMembers, [&](Member member) {
    const Tensor& tensor = member(update);
    return !tensor.defined() || tensor.is_contiguous();
  });
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

void update_by_library(const AdamUpdate& update, const Tensor& random, std::int64_t step) {
  const auto& [exp_avg, exp_avg_sq, max_exp_avg_sq] = update.state;
  const AdamOptions& options = update.options;
  const Tensor weight = exact_weight(update);
  Tensor grad = scaled(update);
  if (grad.strides() != weight.strides()) {
    grad = at::empty_like(weight).copy_(grad);
  }
  const bool amsgrad = max_exp_avg_sq.defined();
  const std::vector<Tensor> maxima(amsgrad ? 1 : 0, max_exp_avg_sq);
  const Tensor count = at::full({}, static_cast<double>(step), weight.options());
  const auto run = [&](const auto& kernel) {
    kernel(weight, grad, exp_avg, exp_avg_sq, at::TensorList(maxima), count, options.lr,
           options.beta1, options.beta2, options.weight_decay, options.eps, amsgrad,
           options.maximize);
  };
  if (options.decoupled) {
    run([](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  } else {
    run([](const auto&... arguments) { at::_fused_adam_(arguments...); });
  }
  set_weight(update, weight, random.defined() ? bits_for_weight(random) : random);
}

/// Into a moment, whatever its type.
void set_moment(const Tensor& moment, const Tensor& exact, const Tensor& random) {
  moment.copy_(moment.scalar_type() == at::kFloat ? exact : rounded_at_random(exact, random));
}

bool are_alike(const Tensor& a, const Tensor& b) {
  return a.defined() == b.defined() &&
         (!a.defined() || (a.scalar_type() == b.scalar_type() && a.device() == b.device()));
}

bool go_together(AdamUpdate a, AdamUpdate b) {
  return a.options == b.options && is_flat(a) && is_flat(b) &&
         std::ranges::all_of(kMembers,
                             [&](Member member) { return are_alike(member(a), member(b)); });
}

/// One whose tensors have the entries of all one behind the other; of one part: its own.
AdamUpdate joined(std::span<const AdamPart> parts) {
  AdamUpdate all = parts[0].update;
  if (parts.size() == 1) {
    return all;
  }
  for (const Member member : kMembers) {
    std::vector<Tensor> flat;
    for (AdamPart part : parts) {
      flat.push_back(member(part.update));
    }
    if (flat[0].defined()) {
      std::ranges::transform(flat, flat.begin(), [](const Tensor& x) { return x.view(-1); });
      member(all) = at::cat(flat);
    }
  }
  return all;
}

/// Into the parts what joined() copied, but for the gradient.
void put_back(std::span<const AdamPart> parts, AdamUpdate all) {
  if (parts.size() == 1) {
    return;
  }
  for (const Member member : std::span(kMembers).subspan(1)) {
    std::vector<Tensor> to, from;
    for (std::int64_t begin = 0; AdamPart part : parts) {
      to.push_back(member(part.update));
      if (to.back().defined()) {
        from.push_back(member(all).narrow(0, begin, to.back().numel()).view(to.back().sizes()));
      }
      begin += part.update.weight.numel();
    }
    if (!from.empty()) {
      at::_foreach_copy_(to, from);
    }
  }
}

void update_together(std::span<const AdamPart> parts, std::int64_t step) {
  const AdamUpdate all = joined(parts);
  std::vector<NoiseRun> runs;
  for (const AdamPart& part : parts) {
    runs.push_back({part.noise, part.update.weight.numel()});
  }
  const auto random = [&] {
    return random_bits(runs, all.weight.options()).view(all.weight.sizes());
  };
  if (!is_for_library(all)) {
    update_by_formula(all, random(), step);
  } else {
    const bool rounds = all.master.defined() && all.master.scalar_type() == at::kChar;
    update_by_library(all, rounds ? random() : Tensor(), step);
  }
  put_back(parts, all);
}

}  // namespace

bool is_remainder(const Tensor& master) {
  return master.scalar_type() == at::kShort || master.scalar_type() == at::kChar;
}

double bias_correction(const AdamOptions& options, double beta, std::int64_t step) {
  return options.bias_correction ? 1 - std::pow(beta, static_cast<double>(step)) : 1;
}

void add_parts(std::vector<AdamPart>& parts, AdamUpdate update, std::uint32_t noise) {
  update.grad = update.grad.to_dense();
  const std::int64_t numel = update.weight.numel();
  if (numel <= kEntries || !is_flat(update)) {
    parts.push_back({update, noise});
    return;
  }
  for (std::int64_t begin = 0; begin < numel; begin += kEntries) {
    AdamUpdate part = update;
    for (const Member member : kMembers) {
      if (Tensor& tensor = member(part); tensor.defined()) {
        tensor = tensor.view(-1).narrow(0, begin, std::min(kEntries, numel - begin));
      }
    }
    parts.push_back({part, noise + static_cast<std::uint32_t>(begin)});
  }
}

void update_by_formula(const AdamUpdate& update, const Tensor& random, std::int64_t step) {
  const AdamOptions& options = update.options;
  const auto& [exp_avg, exp_avg_sq, max_exp_avg_sq] = update.state;
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
      (second / bias_correction(options, options.beta2, step)).sqrt() + options.eps;
  weight.addcdiv_(first / bias_correction(options, options.beta1, step), denominator, -options.lr);
  set_weight(update, weight, bits_for_weight(random));
}

void update_parts(std::span<const AdamPart> parts, std::int64_t step) {
  while (!parts.empty()) {
    std::size_t count = 1;
    std::int64_t entries = parts[0].update.weight.numel();
    for (; count < parts.size() && go_together(parts[0].update, parts[count].update); ++count) {
      entries += parts[count].update.weight.numel();
      if (entries > kEntries) {
        break;
      }
    }
    update_together(parts.first(count), step);
    parts = parts.subspan(count);
  }
}

}  // namespace automodel::ops
