#pragma once
// The element formats of GGUF files that can be read, and how their blocks become float32.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace automodel {

/// Numbers as in the files.
enum class GgmlType : std::uint32_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q2_k = 10,
  q3_k = 11,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  q8_k = 15,
  bf16 = 30,
  mxfp4 = 39,
};

/// A row is a sequence of blocks of `block_bytes`, each holding `block_values` values.
struct GgmlFormat {
  GgmlType type;
  std::string_view name;  // as printed by the field's tools, e.g. "Q4_K"
  std::int64_t block_values;
  std::int64_t block_bytes;
};

/// Throws Error(unsupported) with the list of those that can be read.
const GgmlFormat& ggml_format(std::uint32_t type);
inline const GgmlFormat& ggml_format(GgmlType type) {
  return ggml_format(static_cast<std::uint32_t>(type));
}

}  // namespace automodel
