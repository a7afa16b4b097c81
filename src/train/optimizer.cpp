#include "train/optimizer.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "tensor/dtype.h"
#include "text/tokenizer/regex.h"

namespace automodel::train {
namespace {

at::ScalarType state_dtype(const char* key, const std::optional<std::string>& name) {
  const auto dtype = name ? dtype_from_name(*name) : at::kFloat;
  check(dtype == at::kFloat || dtype == at::kBFloat16, ErrorKind::unsupported,
        "optimizer.{}: {} is not supported yet; use float32 or bfloat16", key, name.value_or(""));
  return dtype;
}

void check_supported(const config::Optimizer& options) {
  using config::OptimizerKind;
  check(options.kind == OptimizerKind::adam || options.kind == OptimizerKind::adamw ||
            options.kind == OptimizerKind::fused_adam,
        ErrorKind::unsupported,
        "optimizer: this optimizer is not supported yet; use torch.optim.AdamW or "
        "torch.optim.Adam");
  const auto bits = options.master_weight_bits;
  check(bits == 24 || bits == 32, ErrorKind::unsupported,
        "optimizer.master_weight_bits: {} is not supported; use 24 or 32", bits);
  const auto& master = options.master_weight_dtype;
  check(!master || dtype_from_name(*master) == at::kFloat, ErrorKind::unsupported,
        "optimizer.master_weight_dtype: {} is not supported yet; master weights are float32",
        master.value_or(""));
}

/// What a weight lacks or its exact value; undefined: nothing is kept beside it.
Tensor master_of(const Tensor& value, const config::Optimizer& options) {
  const bool keeps = options.master_weights;
  const auto dtype = value.scalar_type();
  if (dtype == at::kFloat || (dtype == at::kBFloat16 && !keeps)) {
    return {};
  }
  check(keeps, ErrorKind::unsupported,
        "optimizer.master_weights: false is not supported with {} weights; use bfloat16 or float32",
        dtype_name(dtype));
  const auto remainder = options.master_weight_bits == 24 ? at::kChar : at::kShort;
  return dtype == at::kBFloat16 ? at::zeros_like(value, value.options().dtype(remainder)).detach()
                                : value.detach().to(at::kFloat);
}

text::Regex compile(const std::string& pattern) {
  try {
    return text::Regex(pattern);
  } catch (const Error& error) {
    fail(ErrorKind::invalid_argument, "optimizer.param_group_overrides: {}", error.message());
  }
}

std::vector<std::string> names_of(const std::string& parameter, const ParameterNames& names) {
  const auto [begin, end] = names.equal_range(parameter);
  std::vector<std::string> out;
  for (auto i = begin; i != end; ++i) {
    out.push_back(i->second);
  }
  return out.empty() ? std::vector{parameter} : out;
}

/// Rules for the rates, by the names that users know.
class Pattern {
 public:
  explicit Pattern(const std::string& pattern) : regex_(compile(pattern)) {}

  /// Throws Error(unsupported) for a parameter that is several tensors in Transformers of which it
  /// matches some.
  bool matches(const std::vector<std::string>& names) {
    const auto is_found = [&](const std::string& name) {
      return regex_.find(name, 0, scratch_).has_value();
    };
    const auto found = std::ranges::count_if(names, is_found);
    check(found == 0 || found == std::ssize(names), ErrorKind::unsupported,
          "optimizer.param_group_overrides: '{}' matches a part of what is one parameter here: {}",
          regex_.pattern(), fmt::join(names, ", "));
    return found > 0;
  }

 private:
  text::Regex regex_;
  text::RegexScratch scratch_;
};

}  // namespace

double clip_factor(double norm, double max_norm) { return std::min(max_norm / (norm + 1e-6), 1.0); }

Optimizer::Optimizer(const std::vector<nn::Parameter>& trained, const config::Optimizer& options,
                     const ParameterNames& names)
    : options_(options) {
  check_supported(options);
  for (const auto& parameter : trained) {
    slots_.push_back(make_slot(parameter));
  }
  apply_overrides(names);
}

Optimizer::Slot Optimizer::make_slot(const nn::Parameter& parameter) const {
  const Tensor& value = parameter.value;
  const auto zeros = [&](const char* key, const std::optional<std::string>& dtype) {
    return at::zeros(value.sizes(), value.options().dtype(state_dtype(key, dtype)));
  };
  const auto second = [&] { return zeros("exp_avg_sq_dtype", options_.exp_avg_sq_dtype); };
  return {.name = parameter.spec.name,
          .value = value,
          .master = master_of(value, options_),
          .state = {zeros("exp_avg_dtype", options_.exp_avg_dtype), second(),
                    options_.amsgrad ? second() : Tensor()}};
}

void Optimizer::apply_overrides(const ParameterNames& names) {
  std::vector<bool> decided(slots_.size(), false);
  for (const auto& group : options_.param_group_overrides) {
    Pattern pattern(group.pattern);
    bool used = false;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (!pattern.matches(names_of(slots_[i].name, names))) {
        continue;
      }
      used = true;
      if (!decided[i]) {
        decided[i] = true;
        slots_[i].lr_mult = group.lr_mult;
        slots_[i].weight_decay_mult = group.wd_mult;
      }
    }
    check(used, ErrorKind::invalid_argument,
          "optimizer.param_group_overrides: '{}' matches no trained parameter; the first one is "
          "{}",
          group.pattern, slots_.empty() ? "missing" : names_of(slots_[0].name, names)[0]);
  }
}

void Optimizer::step(const StepRates& rates, double grad_scale,
                     const ops::DeferredGradients& deferred) {
  std::vector<ops::AdamUpdate> updates;
  std::size_t num_deferred = 0;
  for (const auto& slot : slots_) {
    auto& update = updates.emplace_back(update_of(slot, rates, grad_scale));
    update.deferred = deferred.find(slot.value);
    if (update.deferred != nullptr) {
      ++num_deferred;
    } else {
      const Tensor& grad = slot.value.grad();
      update.grad = grad.defined() ? grad : at::zeros_like(update.weight);
    }
  }
  check(num_deferred == deferred.size(), ErrorKind::internal,
        "{} gradients were deferred, {} of them of weights that the optimizer updates",
        deferred.size(), num_deferred);
  ++num_steps_;  // first: an update that fails midway was begun
  ops::adam_step(updates, num_steps_);
}

ops::AdamUpdate Optimizer::update_of(const Slot& slot, const StepRates& rates,
                                     double grad_scale) const {
  return {.weight = slot.value.detach(),
          .grad = {},
          .state = slot.state,
          .master = slot.master,
          .options = {.lr = rates.lr * slot.lr_mult,
                      .beta1 = options_.beta1,
                      .beta2 = options_.beta2,
                      .eps = options_.eps,
                      .weight_decay = rates.weight_decay * slot.weight_decay_mult,
                      .decoupled = options_.decoupled_weight_decay,
                      .maximize = options_.maximize,
                      .bias_correction = options_.bias_correction,
                      .grad_scale = grad_scale},
          .stream = hash_text(slot.name)};
}

void Optimizer::visit(StateVisitor& visitor) {
  visitor.integer("optimizer.num_steps", num_steps_);
  for (const auto& slot : slots_) {
    const auto& [exp_avg, exp_avg_sq, max_exp_avg_sq] = slot.state;
    visitor.tensor("optimizer.exp_avg." + slot.name, exp_avg);
    visitor.tensor("optimizer.exp_avg_sq." + slot.name, exp_avg_sq);
    if (max_exp_avg_sq.defined()) {
      visitor.tensor("optimizer.max_exp_avg_sq." + slot.name, max_exp_avg_sq);
    }
    if (slot.master.defined()) {
      const char* kind = slot.master.scalar_type() == at::kFloat ? "master" : "master_remainder";
      visitor.tensor(fmt::format("optimizer.{}.{}", kind, slot.name), slot.master);
    }
  }
}

std::int64_t Optimizer::state_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& slot : slots_) {
    for (const Tensor& tensor :
         {slot.master, slot.state.exp_avg, slot.state.exp_avg_sq, slot.state.max_exp_avg_sq}) {
      bytes += tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
    }
  }
  return bytes;
}

}  // namespace automodel::train
