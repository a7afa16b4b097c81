#pragma once
// LoRA adapters as PEFT stores them: adapter_config.json and adapter_model.safetensors.

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/adapter_config.h"
#include "checkpoint/adapter_layout.h"
#include "nn/parameters.h"

namespace automodel::checkpoint {

using at::Tensor;

/// The two matrices of one module under PEFT's name and in PEFT's layout.
struct AdapterLayer {
  std::string prefix;  // e.g. model.layers.0.self_attn.q_proj
  Tensor a_ri;         // [rank, in]; of experts: see adapter_layout.h
  Tensor b_or;         // [out, rank]
  // The layer's own "weight" [out, in] and "bias" [out], where the file has them.
  std::map<std::string, Tensor> base = {};
};

struct PeftAdapter {
  std::filesystem::path path;
  AdapterConfig config;
  std::vector<AdapterLayer> layers;  // sorted by name
  Tensor head_vd = {};               // of a classifier, trained as a whole; else undefined
};

/// True for a folder that holds a PEFT adapter.
bool is_adapter_folder(const std::filesystem::path& folder);

/// Reads an adapter of PEFT or of ours; the matrices are copies. Throws Error(not_found),
/// Error(corrupt_data) if matrices and configuration disagree or a value is not finite,
/// Error(unsupported) for kinds of adapters that we do not know and options that would change the
/// mathematics.
PeftAdapter read_peft_adapter(const std::filesystem::path& folder);

/// What makes of its base model's config.json the model that the adapter belongs to: a classifier,
/// if it has a head.
Json base_overrides(const PeftAdapter& adapter);

/// The adapter's values by module of the model. Throws Error(corrupt_data) if a layer is not in the
/// model, has another shape, or is none of those that the configuration names.
std::vector<ModuleAdapter> fit_adapter(const PeftAdapter& adapter,
                                       std::span<const spec::LoraModule> modules);

/// The parameters with the adapter behind them, in the adapter's element type, and with its head.
/// Throws as fit_adapter and check_base_values, Error(invalid_argument) if there are adapters
/// already, Error(corrupt_data) if the head does not fit.
nn::Parameters with_adapter(nn::Parameters parameters, const PeftAdapter& adapter,
                            std::span<const spec::LoraModule> modules);

/// Throws Error(corrupt_data) if the adapter's file holds other values of the base model than
/// `parameters`; those that differ only by rounding to a narrower type are the same.
void check_base_values(const nn::Parameters& parameters, const PeftAdapter& adapter,
                       std::span<const ModuleAdapter> fitted);

/// The value of a parameter with its adapter, if it has one, merged: W + scale B A, computed in
/// float32 and rounded once to `dtype`. With `entry` only that entry of the first dimension. Throws
/// Error(invalid_argument) for a value too large for float16.
Tensor merged_value(const nn::Parameters& parameters, const std::string& name, at::ScalarType dtype,
                    std::optional<std::int64_t> entry = std::nullopt);

/// Writes the adapters among `parameters`, and a classifier's head, into an existing folder as PEFT
/// does; lora_alpha stands for the scale with which they were trained, and lora_dropout is 0 where
/// PEFT could not load another (experts). `base_model` becomes base_model_name_or_path,
/// `base_revision` revision. Throws Error(internal) if there are none, Error(unsupported) if layers
/// have a rank or scale of their own, Error(io).
void write_peft_adapter(const std::filesystem::path& folder, const nn::Parameters& parameters,
                        std::span<const spec::LoraModule> modules, const std::string& base_model,
                        const std::string& base_revision = "main");

/// True for the names of adapter matrices.
bool is_adapter_name(std::string_view name);

}  // namespace automodel::checkpoint
