#pragma once
// Is every value of a tensor a number?

#include <optional>
#include <string_view>

#include "tensor/dtype.h"

namespace automodel {

/// The flat (row-major) index of the first NaN or infinity, if any; integers have none. Reads the
/// tensor once. Throws Error(invalid_argument) if the tensor is not in CPU memory.
std::optional<std::int64_t> first_non_finite(const Tensor& tensor);

/// Throws Error(corrupt_data) that names the tensor, the value and its index if one is not finite.
void check_finite(std::string_view name, const Tensor& tensor);

}  // namespace automodel
