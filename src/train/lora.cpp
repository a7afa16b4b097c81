#include "train/lora.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "plan/lora_targets.h"
#include "tensor/dtype.h"
#include "train/compute_dtype.h"

namespace automodel::train {
namespace {

Tensor initial_a(const spec::LoraModule& module, const config::Peft& peft, std::uint64_t seed) {
  RandomStream stream(seed, StreamPurpose::init, hash_text(nn::lora_a_name(module.name)));
  auto generator = at::make_generator<at::CPUGeneratorImpl>(stream.next_u64());
  const Tensor a = at::empty(module.a_shape(peft.dim), at::kFloat);
  if (peft.lora_a_init == "xavier") {
    return a.normal_(0, std::sqrt(2.0 / static_cast<double>(peft.dim + module.in)), generator);
  }
  const double bound = 1 / std::sqrt(static_cast<double>(module.in));
  return a.uniform_(-bound, bound, generator);
}

double scale_of(const config::Peft& peft) { return peft.alpha / static_cast<double>(peft.dim); }

/// float16 has no numbers for small gradients.
at::ScalarType adapter_dtype(const config::Peft& peft, at::ScalarType of_layer) {
  if (peft.lora_dtype) {
    return storage_dtype_from_name("peft.lora_dtype", *peft.lora_dtype);
  }
  return of_layer == at::kHalf ? at::kFloat : of_layer;
}

void attach(nn::Parameters& parameters, const spec::LoraModule& module, const config::Peft& peft,
            std::uint64_t seed) {
  const auto dtype =
      adapter_dtype(peft, parameters.at(module.weight.pieces.front().ours).scalar_type());
  const auto trained = [&](const Tensor& value) { return value.to(dtype).requires_grad_(true); };
  std::vector<Tensor> b;
  for (const auto& piece : module.weight.pieces) {
    b.push_back(trained(at::zeros(module.b_shape(peft.dim, piece), at::kFloat)));
  }
  parameters.add_adapter(module, trained(initial_a(module, peft, seed)), b, scale_of(peft));
}

std::vector<AdaptedRole> count_roles(std::span<const spec::LoraModule> modules,
                                     const std::vector<std::string>& targets) {
  std::vector<AdaptedRole> roles;
  for (const auto& module : modules) {
    auto found = std::ranges::find(roles, module.role, &AdaptedRole::role);
    if (found == roles.end()) {
      found = roles.insert(roles.end(), {.role = module.role, .adapted = 0, .total = 0});
    }
    ++found->total;
    found->adapted += std::ranges::count(targets, module.name);
  }
  return roles;
}

}  // namespace

LoraReport attach_lora(nn::Parameters& parameters, std::span<const spec::LoraModule> modules,
                       const config::Peft& peft, std::uint64_t seed) {
  check(!peft.use_dora, ErrorKind::unsupported, "peft.use_dora: DoRA is not supported yet");
  const auto targets = plan::lora_targets(modules, peft);
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(false);
  }
  for (const auto& module : modules) {
    if (std::ranges::find(targets, module.name) != targets.end()) {
      attach(parameters, module, peft, seed);
    }
  }
  parameters.set_lora({.rank = peft.dim,
                       .scale = scale_of(peft),
                       .dropout = peft.dropout,
                       .dropout_after = peft.dropout_position == config::DropoutPosition::post});
  return {.roles = count_roles(modules, targets),
          .idle_excludes = plan::idle_excludes(modules, peft)};
}

void train_class_head(nn::Parameters& parameters, const spec::ModelSpec& spec) {
  if (!spec.is_classifier()) {
    return;
  }
  const auto name = spec::head_weight_name(spec);
  for (auto& parameter : parameters.all()) {
    if (parameter.spec.name == name) {  // frozen weights may be mapped from a file
      parameter.value = parameter.value.clone().requires_grad_(true);
    }
  }
}

void train_all(nn::Parameters& parameters) {
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(!parameter.spec.is_buffer);
  }
}

}  // namespace automodel::train
