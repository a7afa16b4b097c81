#pragma once
// A model as a Hugging Face folder that AutoModelForCausalLM.from_pretrained loads.

#include <cstdint>
#include <filesystem>
#include <optional>

#include "checkpoint/model_folder.h"
#include "nn/parameters.h"

namespace automodel::checkpoint {

struct ExportOptions {
  // Of the stored weights; what Transformers never rounds stays float32. None: each weight keeps
  // the type that it has in the source's files, whatever config.json says there.
  std::optional<at::ScalarType> dtype;
  std::int64_t max_shard_bytes = 50'000'000'000;  // of one weight file; Transformers 5's default
};

/// Writes weights (adapters merged), config.json and the source's auxiliary files into an existing
/// empty folder. Weights that are not trained and not converted are stored byte for byte as they
/// came. Returns the type that config.json names: the wanted one, else that of most values. Throws
/// Error(io).
at::ScalarType write_hf_folder(const std::filesystem::path& folder, const ModelFolder& source,
                               const nn::Parameters& parameters, const ExportOptions& options);

/// The same into a new folder that appears only when complete. Throws Error(invalid_argument) if it
/// exists and is not empty, Error(io).
at::ScalarType export_hf_folder(const std::filesystem::path& folder, const ModelFolder& source,
                                const nn::Parameters& parameters, const ExportOptions& options);

/// Writes the source's tokenizer and chat template (ModelFolder::text) and other auxiliary files
/// into an existing folder; those of a .gguf file are made of its metadata.
void write_auxiliary_files(const std::filesystem::path& folder, const ModelFolder& source);

/// The source's config.json for weights of this type: names the family's architecture, drops what
/// spoke of the source's storage.
Json exported_config(const ModelFolder& source, at::ScalarType dtype);

}  // namespace automodel::checkpoint
