#pragma once
// adapter_config.json of a PEFT LoRA adapter.

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace automodel::checkpoint {

/// Layers whose name a regular expression matches, whole or after a dot, have another rank or
/// alpha; the first that matches counts.
struct PatternValue {
  std::string pattern;
  double value = 0;
  bool operator==(const PatternValue&) const = default;
};

struct AdapterConfig {
  std::int64_t rank = 0;
  double alpha = 0;
  double dropout = 0;
  bool rslora = false;  // scale alpha / sqrt(rank) instead of alpha / rank
  std::string base_model;
  std::string base_revision = "main";  // of a base model on the hub
  bool fan_in_fan_out = false;         // the adapted layers are PEFT's Conv1D; for writing only
  std::vector<std::string> target_modules;  // whole names or their ends, as target_parameters
  std::vector<std::string> target_parameters;
  std::string target_pattern;              // a regular expression instead; for reading only
  bool saves_head = false;                 // of a classifier, whole (modules_to_save)
  std::vector<PatternValue> rank_pattern;  // for reading only
  std::vector<PatternValue> alpha_pattern;

  double scale() const;
  /// Of the layer that PEFT calls so.
  std::int64_t rank_of(const std::string& layer) const;
  double scale_of(const std::string& layer) const;
  /// Whether target_parameters names this parameter.
  bool lists(const std::string& parameter) const;
  /// Whether this parameter of this module has an adapter. All do where the configuration does not
  /// say which. Source: PEFT check_target_module_exists.
  bool targets(const std::string& module, const std::string& parameter) const;
  bool operator==(const AdapterConfig&) const = default;
};

/// Strict: a setting that would change the mathematics and is not understood is
/// Error(unsupported), a wrong type Error(corrupt_data). `source` names the file in errors.
/// Source: peft LoraConfig.
AdapterConfig parse_adapter_config(const Json& json, const std::string& source);

/// What PEFT reads back as the same adapter of a causal language model, or of a classifier.
Json render_adapter_config(const AdapterConfig& config);

}  // namespace automodel::checkpoint
