#pragma once
// The keys of a recipe's data set section, read strictly.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace automodel::data {

/// Each function reads one key and returns its default if it is absent or null; each throws
/// Error(invalid_argument) that names the key if the value has another type.
class Keys {
 public:
  /// `values`: the section as an object, without "_target_"; `target` names it in errors.
  Keys(Json values, std::string target);

  bool flag(const std::string& name, bool otherwise);
  std::int64_t integer(const std::string& name, std::int64_t otherwise);
  std::optional<std::int64_t> maybe_integer(const std::string& name);
  std::string text(const std::string& name, const std::string& otherwise);
  std::optional<std::string> maybe_text(const std::string& name);
  /// A string or a list of strings. Throws if it is absent.
  std::vector<std::string> paths(const std::string& name);
  /// An object of strings; null stands for a name that is not given. Throws if it is absent.
  std::vector<std::pair<std::string, std::string>> text_map(const std::string& name);
  /// The switches that upstream also writes as a tokenizer's strategies: "longest_first",
  /// "do_not_truncate", ... Absent: off.
  bool truncation();
  bool padding();
  /// The value as it is; null if the key is absent.
  Json any(const std::string& name);
  /// Throws Error(unsupported) if the key has another value than `only`, or null.
  void expect(const std::string& name, const Json& only);

  /// Throws Error(invalid_argument) that names each key which nothing has read, with the nearest
  /// known name.
  void finish() const;

 private:
  bool strategy(const std::string& name, const std::string& off,
                const std::vector<std::string>& ways);
  const Json& read(const std::string& name);
  [[noreturn]] void refuse(const std::string& name, const std::string& expected) const;

  Json values_;
  std::string target_;
  std::set<std::string> known_;
};

}  // namespace automodel::data
