#pragma once
// GGUF files made in memory, good ones and bad ones.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tensor/ggml_type.h"

namespace automodel::testing {

/// A version 3 file. Shapes are row-major; `bytes` are the blocks as they go into the file.
class GgufBuilder {
 public:
  GgufBuilder& text(std::string_view key, std::string_view value) {
    return pair(key, 8, string(value));
  }
  GgufBuilder& u32(std::string_view key, std::uint32_t value) { return pair(key, 4, raw(value)); }
  GgufBuilder& f32(std::string_view key, float value) { return pair(key, 6, raw(value)); }
  GgufBuilder& flag(std::string_view key, bool value) {
    return pair(key, 7, raw(static_cast<std::uint8_t>(value)));
  }
  GgufBuilder& texts(std::string_view key, const std::vector<std::string>& values) {
    std::string list = raw(std::uint32_t{8}) + raw(std::uint64_t{values.size()});
    for (const std::string& value : values) {
      list += string(value);
    }
    return pair(key, 9, list);
  }
  template <typename T>
  GgufBuilder& numbers(std::string_view key, const std::vector<T>& values) {
    constexpr std::uint32_t kType = std::is_same_v<T, float> ? 6 : 5;
    std::string list = raw(kType) + raw(std::uint64_t{values.size()});
    for (const T value : values) {
      list += raw(value);
    }
    return pair(key, 9, list);
  }
  /// Any value by its type number and encoded bytes.
  GgufBuilder& pair(std::string_view key, std::uint32_t type, std::string_view value) {
    pairs_ += string(key) + raw(type) + std::string(value);
    ++num_pairs_;
    return *this;
  }
  GgufBuilder& tensor(std::string_view name, GgmlType type, std::vector<std::uint64_t> shape,
                      std::string_view bytes) {
    data_.resize((data_.size() + 31) / 32 * 32, '\0');
    return entry(name, static_cast<std::uint32_t>(type), std::move(shape), data_.size())
        .data(bytes);
  }
  /// float32 values.
  GgufBuilder& tensor(std::string_view name, std::vector<std::uint64_t> shape,
                      const std::vector<float>& values) {
    std::string bytes;
    for (const float value : values) {
      bytes += raw(value);
    }
    return tensor(name, GgmlType::f32, std::move(shape), bytes);
  }
  /// Only the tensor's entry.
  GgufBuilder& entry(std::string_view name, std::uint32_t type, std::vector<std::uint64_t> shape,
                     std::uint64_t offset) {
    tensors_ += string(name) + raw(static_cast<std::uint32_t>(shape.size()));
    for (auto size = shape.rbegin(); size != shape.rend(); ++size) {
      tensors_ += raw(*size);
    }
    tensors_ += raw(type) + raw(offset);
    ++num_tensors_;
    return *this;
  }
  GgufBuilder& data(std::string_view bytes) {
    data_ += bytes;
    return *this;
  }

  std::string bytes(std::uint32_t version = 3) const {
    std::string file =
        "GGUF" + raw(version) + raw(num_tensors_) + raw(num_pairs_) + pairs_ + tensors_;
    if (!data_.empty()) {
      file.resize((file.size() + 31) / 32 * 32, '\0');
    }
    return file + data_;
  }

  template <typename T>
  static std::string raw(T value) {
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
  }
  static std::string string(std::string_view value) {
    return raw(std::uint64_t{value.size()}) + std::string(value);
  }

 private:
  std::uint64_t num_pairs_ = 0;
  std::uint64_t num_tensors_ = 0;
  std::string pairs_;
  std::string tensors_;
  std::string data_;
};

}  // namespace automodel::testing
