#include "tensor/gguf.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "base/text.h"
#include "tensor/gguf_dequant.h"
#include "tensor/mapped_tensor.h"

namespace automodel {
namespace {

bool is_plain(GgmlType type) {
  return type == GgmlType::f32 || type == GgmlType::f16 || type == GgmlType::bf16;
}

at::ScalarType dtype_of(GgmlType type) {
  switch (type) {
    case GgmlType::f16:
      return at::kHalf;
    case GgmlType::bf16:
      return at::kBFloat16;
    default:
      return at::kFloat;
  }
}

/// Of a split model each part is a file by itself, and the first one looks like a whole model.
void check_whole(const GgufMetadata& metadata, std::string_view source) {
  const auto found = metadata.find("split.count");
  const Json parts = found == metadata.end() ? Json(1) : found->second;
  check(!parts.is_number() || parts <= 1, ErrorKind::unsupported,
        "{} is one of {} parts of a split model; join them first: llama-gguf-split --merge "
        "FIRST_PART.gguf MODEL.gguf",
        source, parts.dump());
}

}  // namespace

GgufFile::GgufFile(const std::filesystem::path& path)
    : file_(std::make_shared<const MappedFile>(path)),
      header_(parse_gguf_header(file_->text(), path.string())) {
  check_whole(header_.metadata, path.string());
  for (const GgufTensor& tensor : header_.tensors) {
    index_.emplace(tensor.name, index_.size());
  }
}

const GgufTensor& GgufFile::entry(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) {
    std::vector<std::string> names;
    for (const GgufTensor& tensor : header_.tensors) {
      names.push_back(tensor.name);
    }
    fail(ErrorKind::not_found, "{} has no tensor '{}'{}", path().string(), name,
         did_you_mean(name, names));
  }
  return header_.tensors[found->second];
}

TensorInfo GgufFile::info(std::string_view name) const {
  const GgufTensor& found = entry(name);
  return {dtype_of(found.type), found.shape};
}

Tensor GgufFile::tensor(std::string_view name) const {
  const GgufTensor& found = entry(name);
  if (is_plain(found.type)) {
    return mapped_tensor(file_, found.begin, info(name));
  }
  return dequantize(found.type, file_->bytes().subspan(found.begin, found.end - found.begin),
                    found.shape);
}

}  // namespace automodel
