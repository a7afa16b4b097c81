#pragma once
// Which linear layers get an adapter.

#include <string>
#include <vector>

#include "config/model_sections.h"
#include "spec/parameters.h"

namespace automodel::plan {

/// The linear layers among `parameters` that the recipe's patterns choose, as names without
/// ".weight", in forward order. A pattern matches a layer's last name ("q_proj") or its full name;
/// '*' is any text. Throws Error(invalid_argument) with near names for a target pattern that
/// matches no linear layer, or if nothing is left; Error(unsupported) if the output head is among
/// them.
std::vector<std::string> lora_targets(const std::vector<spec::ParamSpec>& parameters,
                                      const config::Peft& peft);

/// Patterns of exclude_modules that exclude nothing.
std::vector<std::string> idle_excludes(const std::vector<spec::ParamSpec>& parameters,
                                       const config::Peft& peft);

/// A linear layer's name: that of its weight without ".weight".
std::string linear_name(const spec::ParamSpec& weight);

}  // namespace automodel::plan
