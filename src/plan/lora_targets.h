#pragma once
// Which linear layers get an adapter.

#include <span>
#include <string>
#include <vector>

#include "config/model_sections.h"
#include "spec/lora_modules.h"

namespace automodel::plan {

/// The layers that the recipe's patterns choose, by name, in forward order. A pattern matches a
/// module of Transformers by its last name ("q_proj") or its full name, an expert parameter
/// ("gate_up_proj") also by the module that holds it; '*' is any text. Exactly "attention", "mlp",
/// "experts", "shared_experts" or "router" means all layers of that role instead.
/// Throws Error(invalid_argument) for a target pattern that matches no layer, with near names or
/// the name of the layer that it is only a part of, or if nothing is left.
std::vector<std::string> lora_targets(std::span<const spec::LoraModule> modules,
                                      const config::Peft& peft);

/// Patterns of exclude_modules that exclude nothing.
std::vector<std::string> idle_excludes(std::span<const spec::LoraModule> modules,
                                       const config::Peft& peft);

}  // namespace automodel::plan
