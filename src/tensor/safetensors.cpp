#include "tensor/safetensors.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "tensor/mapped_tensor.h"

namespace automodel {

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : file_(std::make_shared<const MappedFile>(path)),
      header_(parse_safetensors_header(file_->text(), path.string())) {
  for (const SafetensorsEntry& tensor : header_.tensors) {
    index_.emplace(tensor.name, names_.size());
    names_.push_back(tensor.name);
  }
}

const SafetensorsEntry& SafetensorsFile::entry(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) {
    fail(ErrorKind::not_found, "{} has no tensor '{}'{}", path().string(), name,
         did_you_mean(name, names_));
  }
  return header_.tensors[found->second];
}

Tensor SafetensorsFile::tensor(std::string_view name) const {
  const SafetensorsEntry& found = entry(name);
  if (found.info.dtype == at::kBool) {
    const auto bytes = file_->bytes().subspan(found.begin, found.end - found.begin);
    check(std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte{1}; }),
          ErrorKind::corrupt_data, "{}: the bool tensor '{}' holds a byte other than 0 and 1",
          path().string(), name);
  }
  return mapped_tensor(file_, found.begin, found.info);
}

}  // namespace automodel
