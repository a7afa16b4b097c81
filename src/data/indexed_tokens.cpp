#include "data/indexed_tokens.h"

#include <cstring>
#include <limits>

#include "base/checksum.h"
#include "base/error.h"
#include "base/fingerprint.h"
#include "base/lfs_pointer.h"

namespace automodel::data {
namespace {

constexpr std::string_view kMagic{"MMIDIDX\0\0", 9};

/// Bytes of a token by Megatron's type code; 0: not supported (floating point).
std::int64_t token_bytes(int type) {
  switch (type) {
    case 1:  // uint8
    case 2:  // int8
      return 1;
    case 3:  // int16
    case 8:  // uint16
      return 2;
    case 4:  // int32
      return 4;
    case 5:  // int64
      return 8;
    default:
      return 0;
  }
}

/// Reads little-endian values one after the other.
class IndexReader {
 public:
  IndexReader(std::string_view bytes, std::string path) : rest_(bytes), path_(std::move(path)) {}

  std::string_view take(std::uint64_t count) {
    check(count <= rest_.size(), ErrorKind::corrupt_data,
          "{}: the index ends in the middle: {} bytes are missing", path_, count - rest_.size());
    const auto out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  template <typename T>
  T value() {
    T out;
    std::memcpy(&out, take(sizeof(T)).data(), sizeof(T));
    return out;
  }
  /// They may lie at any address.
  template <typename T>
  std::vector<T> values(std::uint64_t count) {
    check(count <= rest_.size() / sizeof(T), ErrorKind::corrupt_data,
          "{}: the index speaks of {} entries, but only {} bytes follow", path_, count,
          rest_.size());
    std::vector<T> out(count);
    const auto bytes = take(count * sizeof(T));
    if (!out.empty()) {
      std::memcpy(out.data(), bytes.data(), bytes.size());
    }
    return out;
  }
  std::size_t num_left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  std::string path_;
};

template <typename T>
std::int64_t token_at(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return static_cast<std::int64_t>(value);
}

std::int64_t token_of(int type, const std::byte* bytes) {
  switch (type) {
    case 1:
      return token_at<std::uint8_t>(bytes);
    case 2:
      return token_at<std::int8_t>(bytes);
    case 3:
      return token_at<std::int16_t>(bytes);
    case 8:
      return token_at<std::uint16_t>(bytes);
    case 4:
      return token_at<std::int32_t>(bytes);
    default:
      return token_at<std::int64_t>(bytes);
  }
}

}  // namespace

IndexedTokens::IndexedTokens(const std::string& prefix)
    : prefix_(prefix), index_(prefix + ".idx"), tokens_(prefix + ".bin") {
  read_index();
  check_sequences();
}

void IndexedTokens::read_index() {
  const std::string path = index_.path().string();
  for (const MappedFile* file : {&index_, &tokens_}) {
    refuse_lfs_pointer(file->text(), file->path().string());
  }
  check(index_.text().starts_with(kMagic), ErrorKind::corrupt_data,
        "{}: this is no index of Megatron: it does not begin with MMIDIDX", path);
  IndexReader reader(index_.text().substr(kMagic.size()), path);
  const auto version = reader.value<std::uint64_t>();
  check(version == 1, ErrorKind::unsupported, "{}: the index has version {}, expected 1", path,
        version);
  type_ = reader.value<std::uint8_t>();
  check(token_bytes(type_) > 0, ErrorKind::unsupported,
        "{}: the tokens have the type code {}; supported are the integers 1, 2, 3, 4, 5 and 8",
        path, type_);
  const auto num_sequences = reader.value<std::uint64_t>();
  const auto num_documents = reader.value<std::uint64_t>();
  lengths_ = reader.values<std::int32_t>(num_sequences);
  pointers_ = reader.values<std::int64_t>(num_sequences);
  reader.values<std::int64_t>(num_documents);  // the bounds of documents: samples do not keep them
  check(reader.num_left() == 0,
        reader.num_left() == num_sequences ? ErrorKind::unsupported : ErrorKind::corrupt_data,
        "{}: {} bytes follow the index; indexes of several modes are not supported", path,
        reader.num_left());
  check(num_sequences > 0, ErrorKind::corrupt_data, "{}: the index holds no documents", path);
}

void IndexedTokens::check_sequences() const {
  const auto num_bytes = static_cast<std::int64_t>(tokens_.bytes().size());
  const std::int64_t width = token_bytes(type_);
  for (std::size_t i = 0; i < lengths_.size(); ++i) {
    const bool inside = lengths_[i] >= 0 && pointers_[i] >= 0 && pointers_[i] <= num_bytes &&
                        lengths_[i] <= (num_bytes - pointers_[i]) / width;
    check(inside, ErrorKind::corrupt_data,
          "{}.idx: document {} has {} tokens from byte {} on, but {}.bin has {} bytes; do the two "
          "files belong together?",
          prefix_, i, lengths_[i], pointers_[i], prefix_, num_bytes);
  }
}

void IndexedTokens::append(std::vector<std::int32_t>& ids, std::int64_t sequence,
                           std::int64_t begin, std::int64_t count) const {
  const std::int64_t width = token_bytes(type_);
  const std::byte* at =
      tokens_.bytes().data() + pointers_[static_cast<std::size_t>(sequence)] + begin * width;
  for (std::int64_t i = 0; i < count; ++i, at += width) {
    const std::int64_t id = token_of(type_, at);
    check(id >= 0 && id <= std::numeric_limits<std::int32_t>::max(), ErrorKind::corrupt_data,
          "{}.bin: token {} of document {} is {}, which is no token id", prefix_, begin + i,
          sequence, id);
    ids.push_back(static_cast<std::int32_t>(id));
  }
}

std::uint64_t IndexedTokens::content_hash() const {
  return hash_of(quick_checksum(index_.text()), quick_checksum(tokens_.text()));
}

bool is_indexed_prefix(const std::filesystem::path& prefix) {
  return std::filesystem::exists(prefix.string() + ".bin") &&
         std::filesystem::exists(prefix.string() + ".idx");
}

}  // namespace automodel::data
