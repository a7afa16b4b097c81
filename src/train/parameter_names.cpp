#include "train/parameter_names.h"

#include "models/registry.h"
#include "nn/parameters.h"

namespace automodel::train {

ParameterNames parameter_names(const spec::ModelSpec& model) {
  ParameterNames names;
  for (const auto& tensor : models::loaded_tensors(model)) {
    for (const auto& piece : tensor.pieces) {
      names.emplace(piece.ours, tensor.name);
    }
  }
  for (const auto& module : models::lora_modules(model)) {
    for (const auto& piece : module.weight.pieces) {
      names.emplace(nn::lora_b_name(spec::without_weight(piece.ours)),
                    nn::lora_b_name(module.name));
    }
  }
  return names;
}

}  // namespace automodel::train
