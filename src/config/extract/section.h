#pragma once
// Reading values of a checked section.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace automodel::config {

/// Enumerators by the texts that recipes use for them.
template <typename Enum, std::size_t N>
using Names = std::array<std::pair<std::string_view, Enum>, N>;

/// Typed reads of one section's JSON.
class Section {
 public:
  explicit Section(const Json& json) : json_(json) {}

  bool has(const char* key) const { return json_.contains(key) && !json_.at(key).is_null(); }
  const Json& at(const char* key) const { return json_.at(key); }

  template <typename T>
  T get(const char* key, T fallback) const {
    return has(key) ? json_.at(key).get<T>() : std::move(fallback);
  }
  template <typename T>
  std::optional<T> optional(const char* key) const {
    return has(key) ? std::optional<T>(json_.at(key).get<T>()) : std::nullopt;
  }
  std::string text(const char* key) const { return get<std::string>(key, ""); }
  /// A text or a list of texts.
  std::vector<std::string> texts(const char* key) const {
    if (!has(key)) {
      return {};
    }
    const Json& value = json_.at(key);
    return value.is_array() ? value.get<std::vector<std::string>>()
                            : std::vector<std::string>{value.get<std::string>()};
  }

  /// The enumerator whose name stands in `key`.
  template <typename Enum, std::size_t N>
  std::optional<Enum> optional_choice(const char* key, const Names<Enum, N>& names) const {
    if (!has(key)) {
      return std::nullopt;
    }
    const std::string name = text(key);
    for (const auto& [candidate, value] : names) {
      if (candidate == name) {
        return value;
      }
    }
    fail(ErrorKind::internal, "the key table accepts '{}' for {}, the reader does not", name, key);
  }

  /// As optional_choice, for a key that always has a value.
  template <typename Enum, std::size_t N>
  Enum choice(const char* key, const Names<Enum, N>& names) const {
    const auto value = optional_choice(key, names);
    if (!value) {
      fail(ErrorKind::internal, "{} has no value after checking", key);
    }
    return *value;
  }

 private:
  const Json& json_;
};

}  // namespace automodel::config
