#include "nn/parameters.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/random.h"

namespace automodel::nn {
namespace {

/// Standard normal numbers, those beyond +-cutoff drawn again: by the inverse of the distribution.
Tensor truncated_normal(const Tensor& value, double cutoff, const at::Generator& generator) {
  const double edge = std::erf(cutoff / std::numbers::sqrt2);
  return value.uniform_(-edge, edge, generator)
      .erfinv_()
      .mul_(std::numbers::sqrt2)
      .clamp_(-cutoff, cutoff);
}

Tensor drawn_value(const spec::ParamSpec& param, std::uint64_t seed) {
  const auto& init = param.init;
  Tensor value = at::empty(param.shape, at::kFloat);
  if (init.std == 0) {
    return value.fill_(init.constant);
  }
  RandomStream stream(seed, StreamPurpose::init, hash_text(param.name));
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(stream.next_u64());
  value = init.cutoff ? truncated_normal(value, *init.cutoff, generator).mul_(init.std)
                      : value.normal_(0, init.std, generator);
  if (init.zero_row && *init.zero_row < param.shape[0]) {
    value.select(0, *init.zero_row).zero_();
  }
  return value;
}

}  // namespace

ShardLayout ShardLayout::whole(const std::vector<std::int64_t>& shape) {
  ShardLayout layout{.global_shape = shape, .slices = {}, .replica_axes = {}};
  for (const auto size : shape) {
    layout.slices.push_back({0, size});
  }
  return layout;
}

void Parameters::add(spec::ParamSpec spec, Tensor value) {
  const auto [at, fresh] = index_.emplace(spec.name, parameters_.size());
  check(fresh, ErrorKind::internal, "parameter {} is declared twice", spec.name);
  auto layout = ShardLayout::whole(spec.shape);
  parameters_.push_back({std::move(spec), std::move(layout), std::move(value)});
}

const Tensor& Parameters::at(const std::string& name) const {
  const auto found = index_.find(name);
  check(found != index_.end(), ErrorKind::internal, "there is no parameter {}", name);
  return parameters_[found->second].value;
}

Tensor Parameters::find(const std::string& name) const {
  return contains(name) ? at(name) : Tensor();
}

ops::Linear Parameters::linear(const std::string& prefix) const {
  return {at(prefix + ".weight"), find(prefix + ".bias"), adapter(prefix)};
}

std::optional<AdapterNames> Parameters::adapter_names(const std::string& prefix) const {
  const auto found = adapters_.find(prefix);
  return found == adapters_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<ops::Adapter> Parameters::adapter(const std::string& prefix) const {
  const auto names = adapter_names(prefix);
  if (!names) {
    return std::nullopt;
  }
  // Layers that are one module drop the same entries of their common input.
  return ops::Adapter{.a_ri = at(names->a),
                      .b_or = at(names->b),
                      .scale = names->scale,
                      .dropout = lora_.dropout,
                      .dropout_after = lora_.dropout_after,
                      .dropout_seed = hash_text(lora_.dropout_after ? names->b : names->a)};
}

void Parameters::add_adapter(const spec::LoraModule& module, const Tensor& a,
                             const std::vector<Tensor>& b, double scale) {
  const auto add_matrix = [&](const std::string& name, const Tensor& value) {
    add({.name = name,
         .shape = value.sizes().vec(),
         .role = module.role,
         .init = {},
         .layer = module.layer},
        value);
  };
  const auto a_name = lora_a_name(module.name);
  add_matrix(a_name, a);
  for (std::size_t i = 0; i < b.size(); ++i) {
    const auto prefix = spec::without_weight(module.weight.pieces.at(i).ours);
    add_matrix(lora_b_name(prefix), b[i]);
    adapters_[prefix] = {.a = a_name, .b = lora_b_name(prefix), .scale = scale};
  }
}

std::vector<Parameter> Parameters::trained() const {
  std::vector<Parameter> out;
  std::ranges::copy_if(parameters_, std::back_inserter(out),
                       [](const Parameter& p) { return p.value.requires_grad(); });
  return out;
}

std::vector<Parameter> Parameters::changing() const {
  std::vector<Parameter> out;
  std::ranges::copy_if(parameters_, std::back_inserter(out), [](const Parameter& p) {
    return p.value.requires_grad() || p.spec.is_stepped;
  });
  return out;
}

void Parameters::to(const at::Device& device) {
  for (auto& parameter : parameters_) {
    if (parameter.value.device() != device) {
      const bool trained = parameter.value.requires_grad();
      parameter.value = parameter.value.detach().to(device).requires_grad_(trained);
    }
  }
}

std::string lora_a_name(const std::string& module) { return module + ".lora_A.weight"; }
std::string lora_b_name(const std::string& prefix) { return prefix + ".lora_B.weight"; }

at::ScalarType loaded_dtype(const spec::ParamSpec& param, at::ScalarType wanted) {
  const bool rounded = param.rounding == spec::Rounding::any ||
                       (param.rounding == spec::Rounding::bfloat16 && wanted != at::kHalf);
  return rounded ? wanted : at::kFloat;
}

Tensor initial_value(const spec::ParamSpec& param, at::ScalarType dtype, std::uint64_t seed) {
  return drawn_value(param, seed).to(loaded_dtype(param, dtype));
}

Parameters initialise(const spec::ModelSpec& model, at::ScalarType dtype, std::uint64_t seed) {
  Parameters out;
  for (auto& param : spec::parameters(model)) {
    Tensor value = initial_value(param, dtype, seed);
    out.add(std::move(param), std::move(value));
  }
  return out;
}

}  // namespace automodel::nn
