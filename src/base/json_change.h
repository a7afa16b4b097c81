#pragma once
// In what two JSON documents differ.

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace automodel {

struct JsonChange {
  std::string path;  // dotted
  /// Nothing where that document has no such path.
  std::optional<Json> before;
  std::optional<Json> after;
  bool operator==(const JsonChange&) const = default;
};

/// One entry for each value that is not the same in both, in order of the paths. Objects are
/// entered; a list or an empty object is one value.
std::vector<JsonChange> json_changes(const Json& before, const Json& after);

/// The same for people: "a.b was 1, is 2; c was absent, is null"; empty if nothing differs.
std::string describe_changes(const Json& before, const Json& after);

}  // namespace automodel
