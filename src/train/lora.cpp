#include "train/lora.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "tensor/dtype.h"

namespace automodel::train {
namespace {

constexpr std::string_view kWeightSuffix = ".weight";

std::string prefix_of(const spec::ParamSpec& weight) {
  return weight.name.substr(0, weight.name.size() - kWeightSuffix.size());
}

std::string last_name(const std::string& prefix) { return prefix.substr(prefix.rfind('.') + 1); }

bool matches(const std::string& prefix, const std::string& pattern) {
  return matches_wildcard(prefix, pattern) || matches_wildcard(last_name(prefix), pattern);
}

bool matches_any(const std::string& prefix, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(patterns, [&](const auto& p) { return matches(prefix, p); });
}

std::vector<spec::ParamSpec> linears(const nn::Parameters& parameters) {
  std::vector<spec::ParamSpec> out;
  for (const auto& parameter : parameters.all()) {
    if (parameter.spec.is_linear) {
      out.push_back(parameter.spec);
    }
  }
  return out;
}

std::vector<std::string> prefixes(const std::vector<spec::ParamSpec>& linears) {
  std::vector<std::string> out;
  std::ranges::transform(linears, std::back_inserter(out), prefix_of);
  return out;
}

void check_pattern(const std::string& pattern, const std::vector<std::string>& names) {
  if (std::ranges::any_of(names, [&](const auto& name) { return matches(name, pattern); })) {
    return;
  }
  std::vector<std::string> candidates;
  for (const auto& name : names) {
    const std::string candidate = (pattern.find('.') != std::string::npos) ? name : last_name(name);
    if (std::ranges::find(candidates, candidate) == candidates.end()) {
      candidates.push_back(candidate);
    }
  }
  std::string advice = did_you_mean(pattern, candidates);
  if (advice.empty()) {
    candidates.resize(std::min<std::size_t>(candidates.size(), 12));
    advice = "; it has " + join(candidates, ", ");
  }
  fail(ErrorKind::invalid_argument,
       "peft.target_modules: '{}' matches no linear layer of the model{}", pattern, advice);
}

std::vector<std::string> target_patterns(const config::Peft& peft) {
  if (!peft.target_modules.empty() || peft.match_all_linear || !peft.exclude_modules.empty()) {
    return peft.target_modules;
  }
  return {"*_proj"};
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
  const std::string prefix = prefix_of(weight);
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
    found->adapted += std::ranges::count(targets, prefix_of(weight));
  }
  return roles;
}

}  // namespace

std::vector<std::string> lora_targets(const nn::Parameters& parameters, const config::Peft& peft) {
  const auto names = prefixes(linears(parameters));
  const auto targets = target_patterns(peft);
  for (const auto& pattern : targets) {
    check_pattern(pattern, names);
  }
  std::vector<std::string> out;
  std::ranges::copy_if(names, std::back_inserter(out), [&](const std::string& name) {
    return targets.empty() ? !matches_any(name, peft.exclude_modules) : matches_any(name, targets);
  });
  check(!out.empty(), ErrorKind::invalid_argument,
        "peft.exclude_modules excludes every linear layer: there is nothing to train");
  check(std::ranges::find(out, "lm_head") == out.end(), ErrorKind::unsupported,
        "peft: an adapter on the output head (lm_head) is not supported yet; leave it out, e.g. "
        "target_modules: '*_proj' or exclude_modules: lm_head");
  return out;
}

LoraReport attach_lora(nn::Parameters& parameters, const config::Peft& peft, std::uint64_t seed) {
  check(!peft.use_dora, ErrorKind::unsupported, "peft.use_dora: DoRA is not supported yet");
  const auto weights = linears(parameters);
  const auto names = prefixes(weights);
  const auto targets = lora_targets(parameters, peft);
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(false);
  }
  for (const auto& weight : weights) {
    if (std::ranges::find(targets, prefix_of(weight)) != targets.end()) {
      attach(parameters, weight, peft, seed);
    }
  }
  parameters.set_lora({.rank = peft.dim,
                       .scale = peft.alpha / static_cast<double>(peft.dim),
                       .dropout = peft.dropout,
                       .dropout_after = peft.dropout_position == config::DropoutPosition::post});
  LoraReport report{.roles = count_roles(weights, targets), .idle_excludes = {}};
  for (const auto& pattern : peft.exclude_modules) {
    if (std::ranges::none_of(names, [&](const auto& name) { return matches(name, pattern); })) {
      report.idle_excludes.push_back(pattern);
    }
  }
  return report;
}

void train_all(nn::Parameters& parameters) {
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(!parameter.spec.is_buffer);
  }
}

}  // namespace automodel::train
