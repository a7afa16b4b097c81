#pragma once
// Reading safetensors files through a memory map.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "tensor/safetensors_header.h"

namespace automodel {

/// A checked, memory-mapped safetensors file. Cheap to open: only the header is read.
class SafetensorsFile {
 public:
  /// Throws Error(not_found | io | corrupt_data | unsupported).
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return file_->path(); }
  const SafetensorsMetadata& metadata() const { return header_.metadata; }
  /// In the order of the data.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(std::string_view name) const { return index_.contains(name); }
  /// dtype and shape. Throws Error(not_found) with the nearest names.
  const TensorInfo& info(std::string_view name) const { return entry(name).info; }
  /// dtype, shape and where the bytes lie in the file. Throws Error(not_found).
  const SafetensorsEntry& entry(std::string_view name) const;

  /// The values without a copy: READ-ONLY memory of the map, which the tensor keeps alive after
  /// this object. Clone it before you write. Data that is not aligned for its dtype is copied.
  /// Throws Error(not_found), or Error(corrupt_data) if a bool is neither 0 nor 1.
  Tensor tensor(std::string_view name) const;
  /// See MappedFile::release_pages.
  void release_pages() const { file_->release_pages(); }

 private:
  std::shared_ptr<const MappedFile> file_;
  SafetensorsHeader header_;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace automodel
