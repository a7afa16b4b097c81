#include "base/json_change.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"

namespace automodel {
namespace {

using Changes = std::map<std::string, JsonChange>;
using Side = std::optional<Json> JsonChange::*;

void collect(const Json& json, const std::string& path, Side side, Changes& out) {
  if (!json.is_object() || json.empty()) {
    JsonChange& change = out[path];
    change.path = path;
    change.*side = json;
    return;
  }
  for (const auto& [key, value] : json.items()) {
    collect(value, path.empty() ? key : fmt::format("{}.{}", path, key), side, out);
  }
}

}  // namespace

std::vector<JsonChange> json_changes(const Json& before, const Json& after) {
  Changes all;
  collect(before, "", &JsonChange::before, all);
  collect(after, "", &JsonChange::after, all);
  std::vector<JsonChange> out;
  for (auto& [path, change] : all) {
    if (change.before != change.after) {
      out.push_back(std::move(change));
    }
  }
  return out;
}

std::string describe_changes(const Json& before, const Json& after) {
  std::vector<std::string> out;
  for (const JsonChange& change : json_changes(before, after)) {
    out.push_back(fmt::format("{} was {}, is {}", change.path,
                              change.before ? change.before->dump() : "absent",
                              change.after ? change.after->dump() : "absent"));
  }
  return join(out, "; ");
}

}  // namespace automodel
