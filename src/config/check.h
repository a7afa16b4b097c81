#pragma once
// A typed tree against the key table.

#include <map>
#include <string>
#include <vector>

#include "config/key.h"
#include "config/node.h"

namespace automodel::config {

struct CheckedTree {
  /// Every key of the table that has a value, in the table's order: defaults filled in, spellings
  /// unified.
  Node tree;
  std::vector<Problem> problems;
  std::vector<Problem> warnings;
  /// What the recipe says without effect (Key::no_effect): dotted paths by the reason.
  std::map<std::string, std::vector<std::string>> without_effect;
};

/// Checks all of `root` against `key` and collects everything that is wrong: unknown keys, wrong
/// types, values out of range, unknown `_target_`, missing keys. Values that are wrong are left out
/// of the tree.
CheckedTree check_tree(const Key& key, const Node& root);

/// What a value of this key may be, in words: "an integer >= 1 or null".
std::string expected(const Key& key);

}  // namespace automodel::config
