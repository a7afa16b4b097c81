#pragma once
// adapter_config.json of a PEFT LoRA adapter.

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace automodel::checkpoint {

struct AdapterConfig {
  std::int64_t rank = 0;
  double alpha = 0;
  double dropout = 0;
  bool rslora = false;  // scale alpha / sqrt(rank) instead of alpha / rank
  std::string base_model;
  std::vector<std::string> target_modules;  // for writing; read adapters go by their matrices

  double scale() const;
  bool operator==(const AdapterConfig&) const = default;
};

/// Strict: a setting that would change the mathematics and is not understood is
/// Error(unsupported), a wrong type Error(corrupt_data). `source` names the file in errors.
/// Source: peft LoraConfig.
AdapterConfig parse_adapter_config(const Json& json, const std::string& source);

/// What PEFT reads back as the same adapter of a causal language model.
Json render_adapter_config(const AdapterConfig& config);

}  // namespace automodel::checkpoint
