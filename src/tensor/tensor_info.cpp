#include "tensor/tensor_info.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/known.h"

namespace automodel {
namespace {

constexpr std::size_t kMaxDimensions = 64;  // TensorIterator's limit

}  // namespace

TensorInfo info_of(const Tensor& tensor) { return {tensor.scalar_type(), tensor.sizes().vec()}; }

std::optional<std::int64_t> num_elements(const TensorInfo& info) {
  std::int64_t extent = static_cast<std::int64_t>(c10::elementSize(info.dtype));
  bool empty = false;
  for (const std::int64_t size : info.shape) {
    empty = empty || size == 0;
    if (size < 0 || __builtin_mul_overflow(extent, std::max<std::int64_t>(size, 1), &extent)) {
      return std::nullopt;
    }
  }
  if (info.shape.size() > kMaxDimensions) {
    return std::nullopt;
  }
  return empty ? 0 : extent / static_cast<std::int64_t>(c10::elementSize(info.dtype));
}

std::int64_t num_bytes(const TensorInfo& info) {
  const auto count = num_elements(info);
  check(count.has_value(), ErrorKind::invalid_argument, "a tensor of shape {} is too large",
        shape_text(info.shape));
  return known(count) * static_cast<std::int64_t>(c10::elementSize(info.dtype));
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string to_string(const TensorInfo& info) {
  return fmt::format("{} {}", dtype_name(info.dtype), shape_text(info.shape));
}

}  // namespace automodel
