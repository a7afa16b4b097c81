#pragma once
// Environment variables inside a recipe's strings.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"

namespace automodel::config {

using Environment = std::map<std::string, std::string>;

/// The variables of this process.
Environment process_environment();

struct Interpolated {
  std::string text;
  /// At least one variable was set and used.
  bool from_environment = false;
  /// Variables without value and default.
  std::vector<std::string> unset;
};

/// Replaces ${NAME}, ${NAME,default}, ${oc.env:NAME}, ${oc.env:NAME,default} and $NAME; NAME may
/// contain dots.
/// "$5" and "$ " stay. What is put in is not looked at again.
Interpolated interpolate(std::string_view text, const Environment& environment);

/// `_target_` and keys that end in "_fn": what is below them is a name, taken as it is written.
bool is_name_key(std::string_view key);

struct TypedTree {
  Node root;
  std::vector<Problem> problems;
};

/// Interpolates and types every scalar of the tree (config/scalar.h), except names (is_name_key)
/// and what comes from a manifest, which is typed. Each unset variable is a problem.
TypedTree type_tree(Node root, const Environment& environment);

}  // namespace automodel::config
