#pragma once
// The tree that a recipe is while it is read: every value knows where it came from.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace automodel::config {

enum class OriginKind { file, overridden, environment, fallback, manifest };

/// The origin's name as printed: file, override, environment, default, manifest (of an earlier
/// run).
std::string_view to_string(OriginKind kind);

/// Where a value was written. line and column count from 1; 0 where there is none (overrides and
/// defaults).
struct Origin {
  OriginKind kind = OriginKind::fallback;
  int line = 0;
  int column = 0;

  bool operator==(const Origin&) const = default;
};

struct Entry;

enum class NodeKind { scalar, list, map };

struct Node {
  NodeKind kind = NodeKind::scalar;
  /// Of a scalar: null, boolean, integer, floating or text. A string until scalars are typed
  /// (config/scalar.h).
  Json value;
  std::vector<Node> items;
  std::vector<Entry> entries;
  Origin origin;
  /// As written, before interpolation and typing; empty for lists and maps written as such.
  std::string text;
  /// A scalar written without quotes; only these have YAML's own types.
  bool plain = false;

  /// The value of `key`, or nullptr.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  bool is_null() const { return kind == NodeKind::scalar && value.is_null(); }
  bool is_text() const { return kind == NodeKind::scalar && value.is_string(); }
};

struct Entry {
  std::string key;
  Origin key_origin;
  Node value;
};

/// An empty mapping.
Node map_node(Origin origin = {});

/// The node at a dotted path below `root` ("dataset.parts.0": an item of a list by its number), or
/// nullptr. Keys with dots cannot be reached.
const Node* find_path(const Node& root, std::string_view path);

/// Values of the tree as JSON, origins dropped.
Json to_json(const Node& node);
/// A tree of JSON values that all have the same origin.
Node from_json(const Json& value, Origin origin);

/// "null", "true", "32", "0.1" or "text": a value in one line for error texts, shortened to 60
/// bytes.
std::string describe(const Node& node);

/// Something wrong, or worth seeing, at one place of a recipe.
struct Problem {
  Origin where;
  /// Dotted path of the key; empty for the file as a whole.
  std::string path;
  std::string text;
};

/// "FILE:LINE:COLUMN: PATH: TEXT"; overrides and defaults have no position: "FILE: ..." or "command
/// line: ...".
std::string format_problem(const Problem& problem, std::string_view file);

/// "a.b" from "a" and "b"; "b" alone below the root.
std::string dotted(std::string_view parent, std::string_view key);

}  // namespace automodel::config
