#pragma once
// YAML text to a tree with positions, before scalars are typed.

#include <cstddef>
#include <string_view>
#include <vector>

#include "config/node.h"

namespace automodel::config {

/// What a text is, for errors, and how large it may be.
struct YamlKind {
  std::string_view name = "a recipe";
  std::size_t most_values = 20'000;
};

struct YamlDocument {
  Node root;
  /// Keys that occur twice: as in PyYAML the last one counts.
  std::vector<Problem> warnings;
};

/// Reads one YAML 1.1 document. Anchors, aliases and merge keys are resolved; every scalar's value
/// is its text. Throws Error(invalid_argument) with file:line:column for bad syntax, tabs before a
/// value, a second document, an alias to its own parent, tags other than !!str, keys that are no
/// scalars, more than 16 MiB of text, more than kind.most_values values (aliases expanded) or 64
/// levels; for text that is not UTF-8.
YamlDocument parse_yaml(std::string_view text, std::string_view file, const YamlKind& kind = {});

}  // namespace automodel::config
