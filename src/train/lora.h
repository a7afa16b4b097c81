#pragma once
// Which parameters are trained: all of them, or low-rank adapters beside frozen ones.

#include <cstdint>
#include <string>
#include <vector>

#include "config/model_sections.h"
#include "nn/parameters.h"

namespace automodel::train {

/// The linear layers that the recipe's patterns choose, as names without ".weight", in forward
/// order. A pattern matches a layer's last name ("q_proj") or its full name; '*' is any text.
/// Throws Error(invalid_argument) with near names for a target pattern that matches no linear
/// layer, or if nothing is left; Error(unsupported) if the output head is among them.
std::vector<std::string> lora_targets(const nn::Parameters& parameters, const config::Peft& peft);

/// How many linear layers of one role were adapted.
struct AdaptedRole {
  spec::Role role = spec::Role::mlp;
  std::int64_t adapted = 0;
  std::int64_t total = 0;
  bool operator==(const AdaptedRole&) const = default;
};

struct LoraReport {
  std::vector<AdaptedRole> roles;  // those that have linear layers
  /// Patterns of exclude_modules that exclude nothing.
  std::vector<std::string> idle_excludes;
  bool operator==(const LoraReport&) const = default;
};

/// Freezes every parameter and puts an adapter beside each chosen linear layer: `lora_A.weight`
/// [dim, in] drawn from (seed, name), normal with Xavier's deviation or uniform as PEFT's
/// (Kaiming, a = sqrt 5), and `lora_B.weight` [out, dim] zero, in lora_dtype or else the layer's.
/// Throws as lora_targets; Error(unsupported) for DoRA.
/// Source: Hu et al. 2021; upstream LinearLoRA; PEFT LoraLayer.
LoraReport attach_lora(nn::Parameters& parameters, const config::Peft& peft, std::uint64_t seed);

/// Full fine-tuning: every parameter gets a gradient.
void train_all(nn::Parameters& parameters);

}  // namespace automodel::train
