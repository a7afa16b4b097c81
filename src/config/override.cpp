#include "config/override.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace automodel::config {
namespace {

constexpr Origin kOverride = {OriginKind::overridden, 0, 0};

Node text_node(std::string text) {
  Node node;
  node.origin = kOverride;
  node.value = text;
  node.text = std::move(text);
  return node;
}

/// The value of `key` in `map`, made as an empty mapping if absent; a scalar becomes a mapping.
Node& descend(Node& map, const std::string& key, const std::string& word) {
  check(map.kind != NodeKind::list, ErrorKind::invalid_argument,
        "override {}: '{}' is inside a list, whose elements cannot be set one by one; give the "
        "whole list, e.g. --key \"[1, 2]\"",
        word, key);
  if (map.kind != NodeKind::map) {
    map = map_node(kOverride);
  }
  if (Node* child = map.find(key)) {
    return *child;
  }
  map.entries.push_back({key, kOverride, map_node(kOverride)});
  return map.entries.back().value;
}

void apply(Node& root, const std::string& word, std::string value) {
  Node* node = &root;
  for (const std::string& key : split(std::string_view(word).substr(2), '.')) {
    check(!key.empty(), ErrorKind::invalid_argument,
          "override {}: a part of the key is empty; write --section.key value", word);
    node = &descend(*node, key, word);
  }
  *node = text_node(std::move(value));
}

}  // namespace

SplitArguments split_overrides(std::span<const std::string> arguments,
                               std::span<const std::string> options) {
  SplitArguments out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const std::string name = word.substr(0, word.find('='));
    const bool own =
        !word.starts_with("--") || std::find(options.begin(), options.end(), name) != options.end();
    (own ? out.own : out.overrides).push_back(word);
    const bool has_value = !own && name.size() == word.size() && i + 1 < arguments.size() &&
                           !arguments[i + 1].starts_with("--");
    if (has_value) {
      out.overrides.push_back(arguments[++i]);
    }
  }
  return out;
}

Node apply_overrides(Node root, std::span<const std::string> overrides) {
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const std::string& word = overrides[i];
    check(word.starts_with("--") && word.size() > 2, ErrorKind::invalid_argument,
          "'{}' is no override; write --section.key value", word);
    const auto equals = word.find('=');
    if (equals != std::string::npos) {
      apply(root, word.substr(0, equals), word.substr(equals + 1));
    } else if (i + 1 < overrides.size() && !overrides[i + 1].starts_with("--")) {
      apply(root, word, overrides[++i]);
    } else {
      apply(root, word, "True");
    }
  }
  return root;
}

}  // namespace automodel::config
