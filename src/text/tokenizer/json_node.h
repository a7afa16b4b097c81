#pragma once
// Reading a JSON value whose shape is not to be trusted: every error names the place in the file.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace automodel::text {

/// A value together with its path, e.g. "tokenizer.json: model.vocab". Refers to the value, does
/// not own it. All functions throw Error(corrupt_data) if the value is of another shape.
class JsonNode {
 public:
  JsonNode(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  const Json& value() const { return *value_; }
  const std::string& path() const { return path_; }
  bool is_null() const { return value_->is_null(); }
  bool is_string() const { return value_->is_string(); }
  bool is_array() const { return value_->is_array(); }
  bool is_object() const { return value_->is_object(); }

  /// A member of an object.
  JsonNode at(std::string_view key) const;
  /// A member that may be missing or null.
  std::optional<JsonNode> find(std::string_view key) const;
  /// The elements of an array.
  std::vector<JsonNode> elements() const;

  const std::string& string() const;
  bool boolean() const;
  double number() const;
  /// An integer in [0, limit].
  std::int64_t integer(std::int64_t limit) const;
  /// A string of one character.
  char32_t character() const;

  std::string string_or(std::string_view key, std::string_view fallback) const;
  bool boolean_or(std::string_view key, bool fallback) const;

  /// The member "type"; throws Error(unsupported) that lists `known` if it is none of them.
  std::string_view type(std::string_view what, std::span<const std::string_view> known) const;
  /// The position of this string in `names`; throws Error(unsupported) that lists them if it is
  /// none.
  std::size_t choice(std::span<const std::string_view> names) const;

  [[noreturn]] void wrong(std::string_view expected) const;

 private:
  const Json* value_;
  std::string path_;
};

}  // namespace automodel::text
