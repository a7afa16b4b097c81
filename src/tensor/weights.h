#pragma once
// Where a model's weights come from, under the names and in the layout of Hugging Face.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor_info.h"

namespace automodel {

/// Named weights that are read one at a time.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  /// Every weight once, in the order in which reading is quickest.
  virtual const std::vector<std::string>& names() const = 0;
  virtual bool contains(std::string_view name) const = 0;
  /// What tensor(name) will return. Throws Error(not_found) with the nearest names.
  virtual TensorInfo info(std::string_view name) const = 0;
  /// The values. They may be read-only memory of a mapped file, kept alive by the tensor: clone
  /// before you write. Throws Error(not_found | corrupt_data).
  virtual Tensor tensor(std::string_view name) const = 0;
  /// The file that holds the weight, for error texts. Throws Error(not_found).
  virtual std::filesystem::path file(std::string_view name) const = 0;
  /// See MappedFile::release_pages.
  virtual void release_pages() const = 0;
};

/// The safetensors of a Hugging Face folder: the files of model.safetensors.index.json, which must
/// agree with the files in both directions, or without it model.safetensors. Throws
/// Error(not_found) if there are none or a file is missing, Error(corrupt_data) on any
/// disagreement, Error(invalid_argument) if there is a model.safetensors beside those of the index,
/// Error(unsupported) if there are only pickled weights.
std::unique_ptr<WeightSource> open_folder_weights(const std::filesystem::path& folder);

/// True if the values are equal in the element type of one of them: one may be the other's
/// rounding.
bool same_but_for_rounding(const Tensor& a, const Tensor& b);

}  // namespace automodel
