#pragma once
// Tensors that are views of a memory-mapped file.

#include <memory>

#include "base/file.h"
#include "tensor/tensor_info.h"

namespace automodel {

/// A read-only tensor over file bytes [begin, begin + num_bytes(info)), which must lie inside the
/// file. It keeps the map alive. Bytes that are not aligned for the dtype are copied.
Tensor mapped_tensor(const std::shared_ptr<const MappedFile>& file, std::uint64_t begin,
                     const TensorInfo& info);

}  // namespace automodel
