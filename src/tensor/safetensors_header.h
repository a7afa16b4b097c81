#pragma once
// The header of a safetensors file: 8 bytes of length (little-endian), that many bytes of JSON,
// then the data. Source: huggingface/safetensors README, "Format"; the same demands as its
// reference implementation.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor_info.h"

namespace automodel {

using SafetensorsMetadata = std::map<std::string, std::string>;

struct SafetensorsEntry {
  std::string name;
  TensorInfo info;
  std::uint64_t begin = 0;  // bytes from the start of the file
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> tensors;  // in the order of their data
  SafetensorsMetadata metadata;
};

/// Reads the header of a whole file. Demands that the tensors fill the data exactly, without holes
/// or overlap, each as long as its dtype and shape say. `source` names the file in errors. Throws
/// Error(corrupt_data), or Error(unsupported) for a dtype that LibTorch lacks.
SafetensorsHeader parse_safetensors_header(std::string_view file, std::string_view source);

/// The tensors in the order that the reference implementation writes: larger dtypes first, then by
/// name.
std::vector<NamedInfo> safetensors_order(std::span<const NamedInfo> tensors);

/// The bytes before the data of these tensors, stored in the given order, padded with spaces to a
/// multiple of 8. Throws Error(invalid_argument) on a name that occurs twice or is not UTF-8.
std::string render_safetensors_header(std::span<const NamedInfo> tensors,
                                      const SafetensorsMetadata& metadata);

}  // namespace automodel
