#pragma once
// A family: how the config.json of one model_type becomes a spec.

#include <string>
#include <vector>

#include "models/config_reader.h"
#include "spec/weight_map.h"

namespace automodel::models {

struct Family {
  std::string model_type;
  std::vector<std::string> architectures;  // the first is written into an exported config.json
  std::vector<std::string> ignored_keys;  // known to this family, without effect on the mathematics
  spec::ModelSpec (*spec)(const ConfigReader&) = nullptr;
  /// How the checkpoint names the spec's parameters; none: as we do.
  spec::WeightNames (*names)(const spec::ModelSpec&) = nullptr;
};

Family llama();
Family mistral();
Family qwen2();
Family qwen3();
Family gemma3_text();

}  // namespace automodel::models
