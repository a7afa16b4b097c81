#pragma once
// The head of a GGUF file: typed metadata and the list of tensors.
// Source: ggml/docs/gguf.md, versions 2 and 3 (little-endian).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/gguf_vocabulary.h"
#include "tensor/ggml_type.h"

namespace automodel {

struct GgufTensor {
  std::string name;
  GgmlType type = GgmlType::f32;
  std::vector<std::int64_t> shape;  // row-major: the file's dimensions reversed
  std::uint64_t begin = 0;          // bytes from the start of the file
  std::uint64_t end = 0;
};

struct GgufHeader {
  std::uint32_t version = 0;
  GgufMetadata metadata;
  std::vector<GgufTensor> tensors;  // in the order of their data
};

/// Reads the head of a whole file; no count, length or offset in it is trusted. As in the reference
/// implementation tensors must follow each other, each at the next aligned byte. `source` names the
/// file in errors. Throws Error(corrupt_data), or Error(unsupported) for other versions, byte
/// orders and element types.
GgufHeader parse_gguf_header(std::string_view file, std::string_view source);

}  // namespace automodel
