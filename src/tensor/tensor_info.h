#pragma once
// What a file says about a tensor before its values are read.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tensor/dtype.h"

namespace automodel {

struct TensorInfo {
  at::ScalarType dtype = at::kFloat;
  std::vector<std::int64_t> shape;

  bool operator==(const TensorInfo&) const = default;
};

/// A tensor with the name that it has in a file.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

struct NamedInfo {
  std::string name;
  TensorInfo info;

  bool operator==(const NamedInfo&) const = default;
};

TensorInfo info_of(const Tensor& tensor);

/// The number of elements; none if a dimension is negative, there are more than 64 of them or,
/// empty dimensions counted as 1, the product or its bytes do not fit 63 bits: LibTorch could not
/// hold such a tensor.
std::optional<std::int64_t> num_elements(const TensorInfo& info);
/// Elements times element size, in bytes. Throws Error(invalid_argument) where num_elements() has
/// none.
std::int64_t num_bytes(const TensorInfo& info);

/// "[576, 192]"; a scalar is "[]".
std::string shape_text(const std::vector<std::int64_t>& shape);
/// "bfloat16 [576, 192]".
std::string to_string(const TensorInfo& info);

}  // namespace automodel
