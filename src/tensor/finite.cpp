#include "tensor/finite.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>

#include "base/division.h"
#include "base/error.h"
#include "tensor/tensor_info.h"
#include "tensor/threads.h"

namespace automodel {
namespace {

constexpr std::int64_t kChunk = 1 << 18;

/// A value is not finite if all the bits of `mask` (its exponent) are set.
template <typename Bits>
bool any_masked(const Bits* values, std::int64_t count, Bits mask) {
  Bits found = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    found = static_cast<Bits>(found | static_cast<Bits>((values[i] & mask) == mask));
  }
  return found != 0;
}

template <typename Bits>
std::optional<std::int64_t> first_masked(const Tensor& dense, Bits mask) {
  const auto* values = static_cast<const Bits*>(dense.const_data_ptr());
  std::atomic<std::int64_t> first_chunk = INT64_MAX;
  const std::int64_t chunks = ceil_div(dense.numel(), kChunk);
  for_each_task(chunks, [&](std::int64_t chunk, std::int64_t /*worker*/) {
    std::int64_t known = first_chunk.load();
    const std::int64_t start = chunk * kChunk;
    if (chunk < known &&
        any_masked(values + start, std::min(kChunk, dense.numel() - start), mask)) {
      while (chunk < known && !first_chunk.compare_exchange_weak(known, chunk)) {
      }
    }
  });
  if (first_chunk == INT64_MAX) {
    return std::nullopt;
  }
  const Bits* found = std::find_if(values + first_chunk * kChunk, values + dense.numel(),
                                   [mask](Bits value) { return (value & mask) == mask; });
  return found - values;
}

std::string index_text(std::int64_t flat, const Tensor& tensor) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(tensor.dim()));
  for (auto d = index.size(); d-- > 0;) {
    const std::int64_t size = tensor.sizes()[d];
    index[d] = flat % size;
    flat /= size;
  }
  return shape_text(index);
}

}  // namespace

std::optional<std::int64_t> first_non_finite(const Tensor& tensor) {
  check(!tensor.is_meta(), ErrorKind::invalid_argument, "the finite check needs a tensor's values");
  const Tensor dense = tensor.cpu().contiguous();
  switch (dense.scalar_type()) {
    case at::kFloat:
      return first_masked<std::uint32_t>(dense, 0x7F80'0000U);
    case at::kBFloat16:
      return first_masked<std::uint16_t>(dense, 0x7F80U);
    case at::kHalf:
      return first_masked<std::uint16_t>(dense, 0x7C00U);
    case at::kDouble:
      return first_masked<std::uint64_t>(dense, 0x7FF0'0000'0000'0000U);
    case at::kFloat8_e4m3fn:
      return first_masked<std::uint8_t>(dense, 0x7FU);
    case at::kFloat8_e5m2:
      return first_masked<std::uint8_t>(dense, 0x7CU);
    default:
      return std::nullopt;
  }
}

void check_finite(std::string_view name, const Tensor& tensor) {
  const auto found = first_non_finite(tensor);
  if (found) {
    const double value = tensor.contiguous().view(-1)[*found].to(at::kDouble).item<double>();
    fail(ErrorKind::corrupt_data,
         "'{}' holds {} at index {} (shape {}); every value must be finite", name, value,
         index_text(*found, tensor), shape_text(tensor.sizes().vec()));
  }
}

}  // namespace automodel
