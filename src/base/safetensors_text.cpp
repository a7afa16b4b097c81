#include "base/safetensors_text.h"

#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lfs_pointer.h"

namespace automodel {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the reference implementation's limit

}  // namespace

std::string_view safetensors_header_text(std::string_view file, std::string_view source) {
  refuse_lfs_pointer(file, source);
  check(file.size() >= kHeaderLengthBytes, ErrorKind::corrupt_data,
        "{}: not a safetensors file: {} bytes are too short for a header", source, file.size());
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kHeaderLengthBytes);
  check(length <= kMaxHeaderBytes, ErrorKind::corrupt_data,
        "{}: not a safetensors file: its header would have {} bytes (the limit is {})", source,
        length, kMaxHeaderBytes);
  const auto rest = file.substr(kHeaderLengthBytes);
  check(length > 0 && (rest.empty() || rest.starts_with('{')), ErrorKind::corrupt_data,
        "{}: not a safetensors file: its header does not start with '{{'", source);
  check(length <= rest.size(), ErrorKind::corrupt_data,
        "{}: the header of {} bytes reaches beyond the file's {} bytes; the file is cut off: "
        "fetch it again",
        source, length, file.size());
  return rest.substr(0, length);
}

WeightMap read_weight_map(const std::filesystem::path& index) {
  const Json json = parse_json_unique(read_file(index), index.string());
  const auto found = json.is_object() ? json.find("weight_map") : json.end();
  check(found != json.end() && found->is_object() && !found->empty(), ErrorKind::corrupt_data,
        "{}: 'weight_map' is missing or empty", index.string());
  WeightMap weight_map;
  for (const auto& [name, file] : found->items()) {
    check(file.is_string(), ErrorKind::corrupt_data, "{}: the file of '{}' is not a string",
          index.string(), name);
    const auto& text = file.get_ref<const std::string&>();
    check(is_file_name(text), ErrorKind::corrupt_data,
          "{}: '{}' is said to be in {}, which is not a file name", index.string(), name,
          file.dump());
    weight_map.emplace(name, text);
  }
  return weight_map;
}

}  // namespace automodel
