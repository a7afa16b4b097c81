#include "plan/lora_targets.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace automodel::plan {
namespace {

constexpr std::string_view kWeightSuffix = ".weight";

std::string last_name(const std::string& linear) { return linear.substr(linear.rfind('.') + 1); }

bool matches(const std::string& linear, const std::string& pattern) {
  return matches_wildcard(linear, pattern) || matches_wildcard(last_name(linear), pattern);
}

bool matches_any(const std::string& linear, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(patterns, [&](const auto& p) { return matches(linear, p); });
}

std::vector<std::string> linear_names(const std::vector<spec::ParamSpec>& parameters) {
  std::vector<std::string> out;
  for (const auto& parameter : parameters) {
    if (parameter.is_linear) {
      out.push_back(linear_name(parameter));
    }
  }
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

}  // namespace

std::string linear_name(const spec::ParamSpec& weight) {
  return weight.name.substr(0, weight.name.size() - kWeightSuffix.size());
}

std::vector<std::string> lora_targets(const std::vector<spec::ParamSpec>& parameters,
                                      const config::Peft& peft) {
  const auto names = linear_names(parameters);
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

std::vector<std::string> idle_excludes(const std::vector<spec::ParamSpec>& parameters,
                                       const config::Peft& peft) {
  const auto names = linear_names(parameters);
  std::vector<std::string> out;
  for (const auto& pattern : peft.exclude_modules) {
    if (std::ranges::none_of(names, [&](const auto& name) { return matches(name, pattern); })) {
      out.push_back(pattern);
    }
  }
  return out;
}

}  // namespace automodel::plan
