#pragma once
// A model with experts, and its linears as Transformers fuses them.

#include <utility>
#include <vector>

#include "spec/lora_modules.h"
#include "spec/parameters.h"

namespace automodel::spec {

/// `model` with four experts and a shared one in the second layer.
inline ModelSpec with_experts(ModelSpec model) {
  model.layers[1].ffn =
      Moe{.experts = 4, .per_token = 2, .inner = 8, .shared = SharedExperts{.mlp = {.inner = 8}}};
  return model;
}

/// What adapters may stand beside; gate and up of the experts are one tensor.
inline std::vector<LoraModule> expert_modules(const ModelSpec& model) {
  return lora_modules(parameters(model),
                      {.renames = {{"mlp.experts.gate_proj.weight", "mlp.experts.gate_up_proj"},
                                   {"mlp.experts.up_proj.weight", "mlp.experts.gate_up_proj"},
                                   {"mlp.experts.down_proj.weight", "mlp.experts.down_proj"}}});
}

}  // namespace automodel::spec
