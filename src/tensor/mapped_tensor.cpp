#include "tensor/mapped_tensor.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace automodel {

Tensor mapped_tensor(const std::shared_ptr<const MappedFile>& file, std::uint64_t begin,
                     const TensorInfo& info) {
  const auto size = static_cast<std::uint64_t>(num_bytes(info));
  const auto bytes = file->bytes();
  check(begin <= bytes.size() && size <= bytes.size() - begin, ErrorKind::internal,
        "{} at byte {} reaches beyond {}", to_string(info), begin, file->path().string());
  if (size == 0) {
    return at::empty(info.shape, info.dtype);
  }
  // LibTorch has no read-only tensors; the map itself is read-only, so a write faults instead of
  // corrupting the file.
  void* data = const_cast<std::byte*>(bytes.data() + begin);
  if (reinterpret_cast<std::uintptr_t>(data) % c10::elementSize(info.dtype) != 0) {
    Tensor copy = at::empty(info.shape, info.dtype);
    std::memcpy(copy.data_ptr(), data, size);
    return copy;
  }
  return at::from_blob(data, info.shape, [file](void*) {}, at::TensorOptions(info.dtype));
}

}  // namespace automodel
