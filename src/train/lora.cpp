#include "train/lora.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "plan/lora_targets.h"
#include "tensor/dtype.h"

namespace automodel::train {
namespace {

std::vector<spec::ParamSpec> linears(const nn::Parameters& parameters) {
  std::vector<spec::ParamSpec> out;
  for (const auto& parameter : parameters.all()) {
    if (parameter.spec.is_linear) {
      out.push_back(parameter.spec);
    }
  }
  return out;
}

Tensor initial_a(const std::string& name, std::int64_t rank, std::int64_t in,
                 const config::Peft& peft, std::uint64_t seed) {
  RandomStream stream(seed, StreamPurpose::init, hash_text(name));
  auto generator = at::make_generator<at::CPUGeneratorImpl>(stream.next_u64());
  Tensor a_ri = at::empty({rank, in}, at::kFloat);
  if (peft.lora_a_init == "xavier") {
    return a_ri.normal_(0, std::sqrt(2.0 / static_cast<double>(rank + in)), generator);
  }
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  return a_ri.uniform_(-bound, bound, generator);
}

void add_matrix(nn::Parameters& parameters, const spec::ParamSpec& weight, std::string name,
                const Tensor& value) {
  parameters.add({.name = std::move(name),
                  .shape = value.sizes().vec(),
                  .role = weight.role,
                  .init = {},
                  .is_linear = false,
                  .layer = weight.layer},
                 value.detach().requires_grad_(true));
}

void attach(nn::Parameters& parameters, const spec::ParamSpec& weight, const config::Peft& peft,
            std::uint64_t seed) {
  const std::string prefix = plan::linear_name(weight);
  const auto dtype = peft.lora_dtype ? dtype_from_name(*peft.lora_dtype)
                                     : parameters.at(weight.name).scalar_type();
  const std::string a_name = nn::lora_a_name(prefix);
  const Tensor a_ri = initial_a(a_name, peft.dim, weight.shape.at(1), peft, seed);
  add_matrix(parameters, weight, a_name, a_ri.to(dtype));
  add_matrix(parameters, weight, nn::lora_b_name(prefix),
             at::zeros({weight.shape.at(0), peft.dim}, dtype));
}

std::vector<AdaptedRole> count_roles(const std::vector<spec::ParamSpec>& linears,
                                     const std::vector<std::string>& targets) {
  std::vector<AdaptedRole> roles;
  for (const auto& weight : linears) {
    auto found = std::ranges::find(roles, weight.role, &AdaptedRole::role);
    if (found == roles.end()) {
      found = roles.insert(roles.end(), {.role = weight.role, .adapted = 0, .total = 0});
    }
    ++found->total;
    found->adapted += std::ranges::count(targets, plan::linear_name(weight));
  }
  return roles;
}

}  // namespace

std::vector<std::string> lora_targets(const nn::Parameters& parameters, const config::Peft& peft) {
  return plan::lora_targets(linears(parameters), peft);
}

LoraReport attach_lora(nn::Parameters& parameters, const config::Peft& peft, std::uint64_t seed) {
  check(!peft.use_dora, ErrorKind::unsupported, "peft.use_dora: DoRA is not supported yet");
  const auto weights = linears(parameters);
  const auto targets = plan::lora_targets(weights, peft);
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(false);
  }
  for (const auto& weight : weights) {
    if (std::ranges::find(targets, plan::linear_name(weight)) != targets.end()) {
      attach(parameters, weight, peft, seed);
    }
  }
  parameters.set_lora({.rank = peft.dim,
                       .scale = peft.alpha / static_cast<double>(peft.dim),
                       .dropout = peft.dropout,
                       .dropout_after = peft.dropout_position == config::DropoutPosition::post});
  return {.roles = count_roles(weights, targets),
          .idle_excludes = plan::idle_excludes(weights, peft)};
}

void train_all(nn::Parameters& parameters) {
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(!parameter.spec.is_buffer);
  }
}

}  // namespace automodel::train
