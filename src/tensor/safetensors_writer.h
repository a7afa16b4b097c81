#pragma once
// Writing safetensors files tensor by tensor, so that no second copy of a model is ever held.

#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "tensor/safetensors_header.h"

namespace automodel {

/// What Transformers demands in each file's metadata.
inline const SafetensorsMetadata kTorchMetadata = {{"format", "pt"}};

/// Gives a tensor when its turn to be written comes. It must have the dtype and shape that were
/// announced; it may be strided or on another device.
using TensorProvider = std::function<Tensor(const std::string& name)>;

/// Writes one file, byte for byte what the reference implementation writes: larger dtypes first,
/// then by name. It appears under its name only when complete and synced to disk. Throws
/// Error(invalid_argument) on a doubled name or a tensor that is not as announced, Error(io) on a
/// write error.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedInfo> tensors,
                       const TensorProvider& provider,
                       const SafetensorsMetadata& metadata = kTorchMetadata);

/// The same for tensors in memory.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const SafetensorsMetadata& metadata = kTorchMetadata);

}  // namespace automodel
