#pragma once
// Which parameters are trained: all of them, or low-rank adapters beside frozen ones.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/model_sections.h"
#include "nn/parameters.h"

namespace automodel::train {

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

/// Freezes every parameter and puts an adapter beside each chosen layer: A drawn from (seed, name),
/// normal with Xavier's deviation or uniform as PEFT's (Kaiming, a = sqrt 5), and B zero, in
/// lora_dtype or else the layer's type, float32 beside float16; of experts, matrices for each.
/// Throws as plan::lora_targets; Error(unsupported) for DoRA. Source: Hu et al. 2021; upstream
/// LinearLoRA; PEFT LoraLayer.
LoraReport attach_lora(nn::Parameters& parameters, std::span<const spec::LoraModule> modules,
                       const config::Peft& peft, std::uint64_t seed);

/// A classifier's head is trained whole beside adapters, as PEFT's modules_to_save are. Nothing to
/// do for language models.
void train_class_head(nn::Parameters& parameters, const spec::ModelSpec& spec);

/// Full fine-tuning: every parameter gets a gradient.
void train_all(nn::Parameters& parameters);

}  // namespace automodel::train
