#include "tensor/gguf_header.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/known.h"
#include "base/lfs_pointer.h"
#include "tensor/tensor_info.h"

namespace automodel {
namespace {

constexpr int kMaxListDepth = 4;
constexpr std::uint64_t kMaxValues = 1 << 25;  // real vocabularies have less than 2^20 tokens
constexpr std::uint64_t kMinPairBytes = 8 + 4 + 1;
constexpr std::uint64_t kMinTensorBytes = 8 + 4 + 4 + 8;
constexpr std::uint32_t kMaxDimensions = 4;
constexpr std::uint64_t kDefaultAlignment = 32;

enum class ValueType : std::uint32_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  boolean,
  string,
  list,
  u64,
  i64,
  f64
};

/// Bytes that are read front to back; whatever would reach beyond the end is an error.
class Cursor {
 public:
  Cursor(std::string_view file, std::string_view source) : file_(file), source_(source) {}

  std::string_view source() const { return source_; }
  std::uint64_t position() const { return position_; }
  std::uint64_t remaining() const { return file_.size() - position_; }

  std::string_view bytes(std::uint64_t count) {
    check(count <= remaining(), ErrorKind::corrupt_data,
          "{}: {} bytes are announced at byte {}, but the file has {} bytes; it is cut off or "
          "damaged: fetch it again",
          source_, count, position_, file_.size());
    const auto found = file_.substr(position_, count);
    position_ += count;
    return found;
  }
  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, bytes(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string text() { return std::string(bytes(number<std::uint64_t>())); }
  /// A count of things that take at least `item_bytes` each.
  std::uint64_t count(std::uint64_t item_bytes, std::string_view what) {
    const auto found = number<std::uint64_t>();
    check(found <= remaining() / item_bytes, ErrorKind::corrupt_data,
          "{}: {} {} are announced, more than the file's {} bytes can hold; it is cut off or "
          "damaged: fetch it again",
          source_, found, what, file_.size());
    return found;
  }

 private:
  std::string_view file_;
  std::string_view source_;
  std::uint64_t position_ = 0;
};

class MetadataReader {
 public:
  explicit MetadataReader(Cursor& cursor) : cursor_(cursor) {}

  GgufMetadata read(std::uint64_t num_pairs) {
    GgufMetadata metadata;
    for (std::uint64_t i = 0; i < num_pairs; ++i) {
      std::string key = cursor_.text();
      const ErrorContext context{"reading the metadata key '{}'", key};
      Json value = read_value(cursor_.number<std::uint32_t>(), 0);
      const auto [known, added] = metadata.emplace(std::move(key), std::move(value));
      check(added, ErrorKind::corrupt_data, "{}: the key '{}' appears twice", cursor_.source(),
            known->first);
    }
    return metadata;
  }

 private:
  Json read_value(std::uint32_t type, int depth) {
    switch (static_cast<ValueType>(type)) {
      case ValueType::u8:
        return cursor_.number<std::uint8_t>();
      case ValueType::i8:
        return cursor_.number<std::int8_t>();
      case ValueType::u16:
        return cursor_.number<std::uint16_t>();
      case ValueType::i16:
        return cursor_.number<std::int16_t>();
      case ValueType::u32:
        return cursor_.number<std::uint32_t>();
      case ValueType::i32:
        return cursor_.number<std::int32_t>();
      case ValueType::u64:
        return cursor_.number<std::uint64_t>();
      case ValueType::i64:
        return cursor_.number<std::int64_t>();
      case ValueType::f32:
        return static_cast<double>(cursor_.number<float>());
      case ValueType::f64:
        return cursor_.number<double>();
      case ValueType::boolean:
        return read_bool();
      case ValueType::string:
        return cursor_.text();
      case ValueType::list:
        return read_list(depth);
    }
    fail(ErrorKind::corrupt_data, "{}: there is no metadata type {}", cursor_.source(), type);
  }

  bool read_bool() {
    const auto value = cursor_.number<std::uint8_t>();
    check(value <= 1, ErrorKind::corrupt_data, "{}: a bool is {}", cursor_.source(), value);
    return value == 1;
  }

  Json read_list(int depth) {
    check(depth < kMaxListDepth, ErrorKind::corrupt_data,
          "{}: lists are nested deeper than {} levels", cursor_.source(), kMaxListDepth);
    const auto type = cursor_.number<std::uint32_t>();
    const auto count = cursor_.count(1, "list entries");
    num_values_ += count;
    check(num_values_ <= kMaxValues, ErrorKind::unsupported,
          "{}: lists of more than {} values in all", cursor_.source(), kMaxValues);
    Json list = Json::array();
    for (std::uint64_t i = 0; i < count; ++i) {
      list.push_back(read_value(type, depth + 1));
    }
    return list;
  }

  Cursor& cursor_;
  std::uint64_t num_values_ = 0;
};

void check_magic(Cursor& cursor) {
  check(cursor.remaining() >= 4 && cursor.bytes(4) == "GGUF", ErrorKind::corrupt_data,
        "{}: not a GGUF file: it does not start with 'GGUF'", cursor.source());
}

std::uint32_t read_version(Cursor& cursor) {
  const auto version = cursor.number<std::uint32_t>();
  check((version & 0xFFFFU) != 0 || version == 0, ErrorKind::unsupported,
        "{}: a GGUF file of the other byte order (big-endian)", cursor.source());
  check(version == 2 || version == 3, ErrorKind::unsupported,
        "{}: GGUF version {}; versions 2 and 3 can be read", cursor.source(), version);
  return version;
}

std::uint64_t alignment_of(const GgufMetadata& metadata, std::string_view source) {
  const auto found = metadata.find("general.alignment");
  if (found == metadata.end()) {
    return kDefaultAlignment;
  }
  const Json& value = found->second;
  const bool good = value.is_number_unsigned() && std::has_single_bit(value.get<std::uint64_t>()) &&
                    value <= 1 << 20;
  check(good, ErrorKind::corrupt_data, "{}: general.alignment is {}, not a power of two", source,
        value.is_number() ? value.dump() : value.type_name());
  return value.get<std::uint64_t>();
}

/// Bytes of the tensor's data. Throws if the shape cannot be.
std::uint64_t data_bytes(const GgufTensor& tensor) {
  const GgmlFormat& format = ggml_format(tensor.type);
  const auto count = num_elements({at::kFloat, tensor.shape});
  check(count.has_value(), ErrorKind::corrupt_data, "shape {} is too large",
        shape_text(tensor.shape));
  const std::int64_t row = tensor.shape.empty() ? 1 : tensor.shape.back();
  check(row % format.block_values == 0, ErrorKind::corrupt_data,
        "rows of {} values do not divide into {} blocks of {}", row, format.name,
        format.block_values);
  return static_cast<std::uint64_t>(known(count) / format.block_values * format.block_bytes);
}

/// `begin` is still relative to the data; `end` is not set.
GgufTensor read_tensor(Cursor& cursor) {
  GgufTensor tensor;
  tensor.name = cursor.text();
  const ErrorContext context{"reading the entry of tensor '{}'", tensor.name};
  const auto num_dimensions = cursor.number<std::uint32_t>();
  check(num_dimensions <= kMaxDimensions, ErrorKind::corrupt_data,
        "{}: {} dimensions, at most {} are possible", cursor.source(), num_dimensions,
        kMaxDimensions);
  for (std::uint32_t i = 0; i < num_dimensions; ++i) {
    const auto size = cursor.number<std::uint64_t>();
    check(size <= std::numeric_limits<std::int64_t>::max(), ErrorKind::corrupt_data,
          "{}: a dimension of {} is too large", cursor.source(), size);
    tensor.shape.insert(tensor.shape.begin(), static_cast<std::int64_t>(size));
  }
  tensor.type = ggml_format(cursor.number<std::uint32_t>()).type;
  tensor.begin = cursor.number<std::uint64_t>();
  return tensor;
}

std::vector<GgufTensor> read_tensors(Cursor& cursor, std::uint64_t count) {
  std::vector<GgufTensor> tensors;
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < count; ++i) {
    tensors.push_back(read_tensor(cursor));
    check(names.insert(tensors.back().name).second, ErrorKind::corrupt_data,
          "{}: two tensors are named '{}'", cursor.source(), tensors.back().name);
  }
  return tensors;
}

std::uint64_t round_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Turns offsets into places in the file.
void place_data(GgufHeader& header, const Cursor& cursor) {
  const std::uint64_t alignment = alignment_of(header.metadata, cursor.source());
  const std::uint64_t file_size = cursor.position() + cursor.remaining();
  const std::uint64_t data_begin = round_up(cursor.position(), alignment);
  std::uint64_t next = data_begin;
  for (GgufTensor& tensor : header.tensors) {
    const ErrorContext context{"locating the data of tensor '{}' in {}", tensor.name,
                               cursor.source()};
    const std::uint64_t size = data_bytes(tensor);
    check(tensor.begin == next - data_begin, ErrorKind::corrupt_data,
          "it starts at byte {} of the data, but the tensor before it ends at {}", tensor.begin,
          next - data_begin);
    check(next <= file_size && size <= file_size - next, ErrorKind::corrupt_data,
          "its {} bytes reach beyond the file's {} bytes; the file is cut off: fetch it again",
          size, file_size);
    tensor.begin = next;
    tensor.end = next + size;
    next = round_up(tensor.end, alignment);
  }
}

}  // namespace

GgufHeader parse_gguf_header(std::string_view file, std::string_view source) {
  refuse_lfs_pointer(file, source);
  Cursor cursor(file, source);
  check_magic(cursor);
  GgufHeader header{.version = read_version(cursor), .metadata = {}, .tensors = {}};
  const auto num_tensors = cursor.count(kMinTensorBytes, "tensors");
  const auto num_pairs = cursor.count(kMinPairBytes, "metadata keys");
  header.metadata = MetadataReader(cursor).read(num_pairs);
  header.tensors = read_tensors(cursor, num_tensors);
  place_data(header, cursor);
  return header;
}

}  // namespace automodel
