#pragma once
// LoRA adapters as PEFT stores them: adapter_config.json and adapter_model.safetensors.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nn/parameters.h"

namespace automodel::checkpoint {

using at::Tensor;

/// The two matrices beside one linear layer.
struct AdapterLayer {
  std::string prefix;  // the layer's name, e.g. model.layers.0.self_attn.q_proj
  Tensor a_ri;         // [rank, in]
  Tensor b_or;         // [out, rank]
};

struct PeftAdapter {
  std::filesystem::path path;
  std::string base_model;  // base_model_name_or_path; may be empty
  nn::LoraOptions options;
  std::vector<AdapterLayer> layers;  // sorted by name
};

/// True for a folder that holds a PEFT adapter.
bool is_adapter_folder(const std::filesystem::path& folder);

/// Reads an adapter of PEFT or of ours; the matrices are copies. Throws Error(not_found),
/// Error(corrupt_data) if matrices and configuration disagree or a value is not finite,
/// Error(unsupported) for kinds of adapters that we do not know and options that would change the
/// mathematics.
PeftAdapter read_peft_adapter(const std::filesystem::path& folder);

/// The parameters with the adapter behind them, in the adapter's element type. An adapter of the
/// head can be exported merged, but not run. Throws Error(corrupt_data) if a layer is not in the
/// model or has another shape, Error(invalid_argument) if there are adapters already.
nn::Parameters with_adapter(nn::Parameters parameters, const PeftAdapter& adapter);

/// The value of a parameter with its adapter, if it has one, merged: W + scale B A, computed in
/// float32 and rounded once to `dtype`. With `entry` only that entry of the first dimension.
Tensor merged_value(const nn::Parameters& parameters, const std::string& name, at::ScalarType dtype,
                    std::optional<std::int64_t> entry = std::nullopt);

/// Writes the adapters among `parameters` into an existing folder as PEFT does; lora_alpha stands
/// for the scale with which they were trained. `base_model` becomes base_model_name_or_path.
/// Throws Error(internal) if there are none, Error(io).
void write_peft_adapter(const std::filesystem::path& folder, const nn::Parameters& parameters,
                        const std::string& base_model);

/// True for the names of adapter matrices.
bool is_adapter_name(std::string_view name);

}  // namespace automodel::checkpoint
