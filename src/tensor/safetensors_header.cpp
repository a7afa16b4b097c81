#include "tensor/safetensors_header.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/json.h"
#include "base/safetensors_text.h"

namespace automodel {
namespace {

SafetensorsMetadata parse_metadata(const Json& json, std::string_view source) {
  check(json.is_object(), ErrorKind::corrupt_data, "{}: __metadata__ is not an object", source);
  SafetensorsMetadata metadata;
  for (const auto& [key, value] : json.items()) {
    check(value.is_string(), ErrorKind::corrupt_data, "{}: __metadata__.{} is not a string", source,
          key);
    metadata.emplace(key, value.get<std::string>());
  }
  return metadata;
}

/// A list of non-negative integers.
std::vector<std::int64_t> parse_counts(const Json& json, std::string_view key) {
  check(json.is_array(), ErrorKind::corrupt_data, "'{}' is not a list", key);
  std::vector<std::int64_t> counts;
  for (const Json& item : json) {
    check(item.is_number_unsigned() && item.get<std::uint64_t>() <= INT64_MAX,
          ErrorKind::corrupt_data, "'{}' has the entry {}, which is not a size", key, item.dump());
    counts.push_back(item.get<std::int64_t>());
  }
  return counts;
}

const Json& member(const Json& json, const char* key) {
  const auto found = json.find(key);
  check(found != json.end(), ErrorKind::corrupt_data, "'{}' is missing", key);
  return *found;
}

SafetensorsEntry parse_entry(const std::string& name, const Json& json) {
  check(json.is_object() && json.size() == 3, ErrorKind::corrupt_data,
        "expected exactly dtype, shape and data_offsets");
  const Json& dtype = member(json, "dtype");
  check(dtype.is_string(), ErrorKind::corrupt_data, "'dtype' is not a string");
  SafetensorsEntry entry{.name = name,
                         .info = {dtype_from_safetensors(dtype.get_ref<const std::string&>()),
                                  parse_counts(member(json, "shape"), "shape")}};
  const auto offsets = parse_counts(member(json, "data_offsets"), "data_offsets");
  check(offsets.size() == 2 && offsets[0] <= offsets[1], ErrorKind::corrupt_data,
        "data_offsets must be [begin, end], found {}", shape_text(offsets));
  check(num_elements(entry.info).has_value(), ErrorKind::corrupt_data, "shape {} is too large",
        shape_text(entry.info.shape));
  check(num_bytes(entry.info) == offsets[1] - offsets[0], ErrorKind::corrupt_data,
        "{} needs {} bytes, but data_offsets span {}", to_string(entry.info), num_bytes(entry.info),
        offsets[1] - offsets[0]);
  entry.begin = static_cast<std::uint64_t>(offsets[0]);
  entry.end = static_cast<std::uint64_t>(offsets[1]);
  return entry;
}

/// The tensors must cover [0, data_bytes) one after the other.
void check_coverage(std::span<const SafetensorsEntry> tensors, std::uint64_t data_bytes,
                    std::string_view source) {
  std::uint64_t next = 0;
  for (const SafetensorsEntry& entry : tensors) {
    check(entry.begin == next, ErrorKind::corrupt_data,
          "{}: tensor '{}' starts at byte {} of the data, but the tensor before it ends at {}; "
          "tensors must follow each other without holes or overlap",
          source, entry.name, entry.begin, next);
    next = entry.end;
  }
  check(next == data_bytes, ErrorKind::corrupt_data,
        "{}: the header describes {} bytes of data, but the file holds {}; {}", source, next,
        data_bytes,
        next > data_bytes ? "it is cut off: fetch it again" : "something was appended to it");
}

/// Where the reference implementation's order of dtypes puts this one; later ones are written
/// first.
std::size_t dtype_rank(at::ScalarType dtype) {
  constexpr std::array<std::string_view, 16> kOrder = {
      "BOOL", "U8",   "I8",  "F8_E5M2", "F8_E4M3", "F8_E8M0", "I16", "U16",
      "F16",  "BF16", "I32", "U32",     "F32",     "F64",     "I64", "U64"};
  const auto* found = std::find(kOrder.begin(), kOrder.end(), safetensors_name(dtype));
  return static_cast<std::size_t>(found - kOrder.begin());
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view file, std::string_view source) {
  const auto text = safetensors_header_text(file, source);
  const Json json = parse_json_unique(text, fmt::format("{} (header)", source));
  SafetensorsHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") {
      header.metadata = parse_metadata(value, source);
      continue;
    }
    const ErrorContext context{"reading the header entry of tensor '{}' in {}", name, source};
    header.tensors.push_back(parse_entry(name, value));
  }
  std::sort(header.tensors.begin(), header.tensors.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  const std::uint64_t data_begin = kHeaderLengthBytes + text.size();
  check_coverage(header.tensors, file.size() - data_begin, source);
  for (SafetensorsEntry& entry : header.tensors) {
    entry.begin += data_begin;
    entry.end += data_begin;
  }
  return header;
}

std::vector<NamedInfo> safetensors_order(std::span<const NamedInfo> tensors) {
  std::vector<NamedInfo> ordered(tensors.begin(), tensors.end());
  std::sort(ordered.begin(), ordered.end(), [](const NamedInfo& a, const NamedInfo& b) {
    return std::pair(dtype_rank(b.info.dtype), std::string_view(a.name)) <
           std::pair(dtype_rank(a.info.dtype), std::string_view(b.name));
  });
  return ordered;
}

std::string render_safetensors_header(std::span<const NamedInfo> tensors,
                                      const SafetensorsMetadata& metadata) {
  std::set<std::string_view> names;
  std::string text = "{";
  const auto add = [&text](const std::string& key, const auto& value) {
    text += fmt::format("{}{}:{}", text.size() > 1 ? "," : "", Json(key).dump(), value.dump());
  };
  try {
    if (!metadata.empty()) {
      add("__metadata__", Json(metadata));
    }
    std::int64_t offset = 0;
    for (const auto& [name, info] : tensors) {
      check(name != "__metadata__" && names.insert(name).second, ErrorKind::invalid_argument,
            "cannot write a safetensors file: two tensors are named '{}'", name);
      const std::int64_t end = offset + num_bytes(info);
      add(name, Json{{"dtype", safetensors_name(info.dtype)},
                     {"shape", info.shape},
                     {"data_offsets", {offset, end}}});
      offset = end;
    }
  } catch (const Json::type_error&) {
    fail(ErrorKind::invalid_argument,
         "cannot write a safetensors file: a name or metadata value is not UTF-8");
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::uint64_t length = text.size();
  std::string bytes(kHeaderLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kHeaderLengthBytes);
  return bytes + text;
}

}  // namespace automodel
