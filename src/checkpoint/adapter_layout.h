#pragma once
// Between the two matrices of an adapter as the layers use them and as PEFT stores them.

#include <ATen/core/TensorBody.h>

#include <span>
#include <string>
#include <vector>

#include "spec/lora_modules.h"

namespace automodel::checkpoint {

using at::Tensor;

/// The values beside one module.
struct ModuleAdapter {
  spec::LoraModule module;
  Tensor a;               // module.a_shape
  std::vector<Tensor> b;  // of each piece, module.b_shape
  double scale = 1;
  std::int64_t rank() const { return a.size(-2); }
};

/// As in PEFT's file. Of experts (e of them): A [e * rank, in] with an expert's rows together, B
/// [out, rank * e] with an expert's columns e apart.
struct PeftMatrices {
  Tensor a;
  Tensor b;
};

/// The shapes of a module's matrices in PEFT's file.
struct PeftShapes {
  std::vector<std::int64_t> a;
  std::vector<std::int64_t> b;
};
PeftShapes peft_shapes(const spec::LoraModule& module, std::int64_t rank);

/// Source: PEFT ParamWrapper.get_delta_weight.
PeftMatrices to_peft(const ModuleAdapter& adapter);
/// The inverse, for matrices of peft_shapes.
ModuleAdapter from_peft(const spec::LoraModule& module, const PeftMatrices& matrices,
                        std::int64_t rank);

/// What PEFT calls these adapted modules in its file. Where it wraps several parameters of one
/// module, the last is outermost, and those inside it are one ".base_layer" further each.
std::vector<std::string> peft_prefixes(std::span<const spec::LoraModule> adapted);

/// The lists of adapter_config.json that make PEFT adapt exactly these modules.
struct PeftTargets {
  std::vector<std::string> modules;
  std::vector<std::string> parameters;
};
PeftTargets peft_targets(std::span<const spec::LoraModule> all,
                         std::span<const spec::LoraModule> adapted);

}  // namespace automodel::checkpoint
