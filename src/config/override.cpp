#include "config/override.h"

#include <map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "config/secret.h"

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

/// The words given so far for each path.
using Given = std::map<std::string, std::string>;

std::string shown(const std::string& path, const std::string& value) {
  return is_secret(path) ? "a value" : fmt::format("'{}'", without_secrets(value));
}

/// Two words that cannot both be meant: another value for a key, or a value for a section beside
/// one for a key in it.
void check_agreement(Given& given, const std::string& word, const std::string& value) {
  const std::string path = word.substr(2);
  const auto [same, is_new] = given.emplace(path, value);
  check(is_new || same->second == value, ErrorKind::invalid_argument,
        "override {} is given twice, as {} and as {}; give it once", word,
        shown(path, same->second), shown(path, value));
  for (const auto& [other, ignored] : given) {
    const bool inside = other.starts_with(path + ".");
    check(!inside && !path.starts_with(other + "."), ErrorKind::invalid_argument,
          "overrides --{} and --{} exclude each other: one sets the whole section, the other a key "
          "in it; put the key into the section's value",
          inside ? path : other, inside ? other : path);
  }
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

Node apply_overrides(Node root, std::span<const std::string> overrides) {
  Given given;
  const auto set = [&](const std::string& word, const std::string& value) {
    check_agreement(given, word, value);
    apply(root, word, value);
  };
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    const std::string& word = overrides[i];
    check(word.starts_with("--") && word.size() > 2, ErrorKind::invalid_argument,
          "'{}' is no override; write --section.key value", word);
    const auto equals = word.find('=');
    if (equals != std::string::npos) {
      set(word.substr(0, equals), word.substr(equals + 1));
    } else if (i + 1 < overrides.size() && !overrides[i + 1].starts_with("--")) {
      set(word, overrides[++i]);
    } else {
      set(word, "True");
    }
  }
  return root;
}

}  // namespace automodel::config
