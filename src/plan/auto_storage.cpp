#include "plan/auto_storage.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/json_text.h"
#include "base/safetensors_text.h"
#include "base/weight_format.h"
#include "models/find_model.h"
#include "models/overrides.h"

namespace automodel::plan {
namespace {

namespace fs = std::filesystem;

/// Of a safetensors type; none: it holds no floating-point numbers.
std::optional<Storage> storage_of_safetensors(std::string_view dtype) {
  if (dtype == "BF16") {
    return Storage::bfloat16;
  }
  if (dtype == "F16") {
    return Storage::float16;
  }
  // F32; F64 and 8 bits, which are held as float32.
  return dtype.starts_with('F') ? std::optional(Storage::float32) : std::nullopt;
}

std::uint64_t data_begin(const Json& entry) {
  const Json offsets = entry.value("data_offsets", Json());
  const bool has_begin =
      offsets.is_array() && !offsets.empty() && offsets.front().is_number_unsigned();
  return has_begin ? offsets.front().get<std::uint64_t>() : UINT64_MAX;
}

/// Of the first floating-point weight in a file; none: it has none.
std::optional<Storage> storage_in(const fs::path& path) {
  const MappedFile file(path);
  const Json header =
      parse_json(safetensors_header_text(file.text(), path.string()), path.string() + " (header)");
  std::optional<Storage> first;
  std::uint64_t first_begin = UINT64_MAX;
  for (const auto& [name, entry] : header.items()) {
    const auto storage = storage_of_safetensors(text_at(entry, "dtype"));
    if (name != "__metadata__" && storage && data_begin(entry) < first_begin) {
      first = storage;
      first_begin = data_begin(entry);
    }
  }
  return first;
}

/// The files with weights of a folder, in the order in which they are read.
std::set<std::string> weight_files(const fs::path& folder) {
  if (!fs::exists(folder / kWeightsIndexFile)) {
    return {std::string(kWeightsFile)};
  }
  std::set<std::string> files;
  for (const auto& [name, file] : read_weight_map(folder / kWeightsIndexFile)) {
    files.insert(file);
  }
  return files;
}

std::optional<Storage> storage_of_weights(const fs::path& folder) {
  for (const auto& file : weight_files(folder)) {
    if (!fs::exists(folder / file)) {
      return std::nullopt;
    }
    if (const auto storage = storage_in(folder / file)) {
      return storage;
    }
  }
  return Storage::float32;
}

}  // namespace

std::optional<Storage> auto_storage(const config::ModelSource& model) {
  const auto file = models::config_file(
      models::find_model(model.pretrained_model_name_or_path, model.revision.value_or("main")));
  const Json config = models::with_overrides(read_json(file), model.config_overrides);
  const auto dtype = stated_dtype(config);
  return dtype.empty() ? storage_of_weights(file.parent_path()) : storage_of(dtype);
}

}  // namespace automodel::plan
