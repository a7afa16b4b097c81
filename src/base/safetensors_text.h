#pragma once
// What is text in a model's safetensors: a file's header, and the index of several files.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace automodel {

inline constexpr std::string_view kWeightsFile = "model.safetensors";
inline constexpr std::string_view kWeightsIndexFile = "model.safetensors.index.json";

/// Before the header stands its length, little-endian.
inline constexpr std::uint64_t kHeaderLengthBytes = 8;

/// The JSON behind it. `file` is the whole file, which `source` names in errors.
/// Throws Error(corrupt_data).
std::string_view safetensors_header_text(std::string_view file, std::string_view source);

/// Which file holds a weight.
using WeightMap = std::map<std::string, std::string, std::less<>>;

/// Of a model.safetensors.index.json. Throws Error(not_found | io | corrupt_data).
WeightMap read_weight_map(const std::filesystem::path& index);

}  // namespace automodel
