#pragma once
// Reading GGUF files through a memory map.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "tensor/gguf_header.h"
#include "tensor/tensor_info.h"

namespace automodel {

/// A checked, memory-mapped GGUF file; tensors under their own names, as stored.
class GgufFile {
 public:
  /// Throws Error(not_found | io | corrupt_data | unsupported).
  explicit GgufFile(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return file_->path(); }
  const GgufMetadata& metadata() const { return header_.metadata; }
  /// In the order of the data.
  const std::vector<GgufTensor>& tensors() const { return header_.tensors; }
  bool contains(std::string_view name) const { return index_.contains(name); }
  /// How the tensor is stored. Throws Error(not_found).
  const GgufTensor& entry(std::string_view name) const;

  /// What tensor(name) returns: F32, F16 and BF16 as they are, quantised formats as float32.
  TensorInfo info(std::string_view name) const;
  /// The values. F32, F16 and BF16 are READ-ONLY views of the map, which they keep alive; quantised
  /// formats are dequantised. Throws Error(not_found).
  Tensor tensor(std::string_view name) const;
  /// See MappedFile::release_pages.
  void release_pages() const { file_->release_pages(); }

 private:
  std::shared_ptr<const MappedFile> file_;
  GgufHeader header_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace automodel
