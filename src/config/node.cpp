#include "config/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "config/secret.h"

namespace automodel::config {

std::string_view to_string(OriginKind kind) {
  switch (kind) {
    case OriginKind::file:
      return "file";
    case OriginKind::overridden:
      return "override";
    case OriginKind::environment:
      return "environment";
    case OriginKind::fallback:
      return "default";
    case OriginKind::manifest:
      return "manifest";
  }
  return "unknown";
}

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

Node map_node(Origin origin) {
  Node node;
  node.kind = NodeKind::map;
  node.origin = origin;
  return node;
}

namespace {

const Node* find_item(const Node& list, std::string_view number) {
  const auto index = parse_number<std::size_t>(number);
  return index && *index < list.items.size() ? &list.items[*index] : nullptr;
}

}  // namespace

const Node* find_path(const Node& root, std::string_view path) {
  const Node* node = &root;
  for (const std::string& key : split(path, '.')) {
    if (node != nullptr) {
      node = node->kind == NodeKind::list ? find_item(*node, key) : node->find(key);
    }
  }
  return node;
}

Json to_json(const Node& node) {
  if (node.kind == NodeKind::scalar) {
    return node.value;
  }
  if (node.kind == NodeKind::list) {
    Json list = Json::array();
    for (const Node& item : node.items) {
      list.push_back(to_json(item));
    }
    return list;
  }
  Json map = Json::object();
  for (const Entry& entry : node.entries) {
    map[entry.key] = to_json(entry.value);
  }
  return map;
}

Node from_json(const Json& value, Origin origin) {
  Node node;
  node.origin = origin;
  if (value.is_array()) {
    node.kind = NodeKind::list;
    for (const Json& item : value) {
      node.items.push_back(from_json(item, origin));
    }
  } else if (value.is_object()) {
    node.kind = NodeKind::map;
    for (const auto& [key, child] : value.items()) {
      node.entries.push_back({key, origin, from_json(child, origin)});
    }
  } else {
    node.value = value;
  }
  return node;
}

std::string describe(const Node& node) {
  constexpr std::size_t kLongest = 60;
  if (node.kind == NodeKind::map) {
    return "a mapping";
  }
  if (node.kind == NodeKind::list) {
    return "a list";
  }
  std::string text = node.value.is_string()
                         ? "'" + without_secrets(node.value.get<std::string>()) + "'"
                         : node.value.dump();
  if (node.value.is_number_float() && !std::isfinite(node.value.get<double>())) {
    text = node.text;  // which JSON cannot say
  }
  if (text.size() > kLongest) {
    text = std::string(first_bytes(text, kLongest)) + "...";
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string format_problem(const Problem& problem, std::string_view file) {
  std::string place(file);
  if (problem.where.kind == OriginKind::overridden) {
    place = "command line";
  } else if (problem.where.line > 0) {
    place += fmt::format(":{}:{}", problem.where.line, problem.where.column);
  }
  return problem.path.empty() ? fmt::format("{}: {}", place, problem.text)
                              : fmt::format("{}: {}: {}", place, problem.path, problem.text);
}

std::string dotted(std::string_view parent, std::string_view key) {
  return parent.empty() ? std::string(key) : fmt::format("{}.{}", parent, key);
}

}  // namespace automodel::config
