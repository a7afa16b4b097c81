#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/text.h"
#include "config/schema/config_names.h"
#include "config/schema/foreign_names.h"
#include "config/secret.h"

namespace automodel::config {
namespace {

/// True if a recipe may write `name` for this key.
bool is_named(const Key& key, std::string_view name) {
  if (name == key.name) {
    return true;
  }
  if (!key.prefix || !name.starts_with(key.name)) {
    return false;
  }
  const char next = name[key.name.size()];
  return key.name == "_" || next == '_' || next == '-' || next == '.';
}

const Key* find_key(const std::vector<Key>& keys, std::string_view name) {
  const auto exact = std::ranges::find(keys, name, &Key::name);
  const auto found = exact != keys.end() ? exact : std::ranges::find_if(keys, [&](const Key& key) {
    return is_named(key, name);
  });
  return found == keys.end() ? nullptr : &*found;
}

/// The first spelling of the choice that `text` names.
std::optional<std::string> find_choice(const Key& key, const std::string& text) {
  for (const std::string& choice : key.choices) {
    for (const std::string& spelling : split(choice, '|')) {
      if (spelling == text || (key.any_case && to_lower_ascii(spelling) == to_lower_ascii(text))) {
        return first_spelling(choice);
      }
    }
  }
  return std::nullopt;
}

const Target* find_target(const Key& key, const std::string& name) {
  for (const Target& target : key.targets) {
    const bool alias =
        std::any_of(target.aliases.begin(), target.aliases.end(), [&](const std::string& pattern) {
          return matches_wildcard(key.any_case ? to_lower_ascii(name) : name, pattern);
        });
    const bool same = target.name == name || (key.any_case && target.name == to_lower_ascii(name));
    if ((same && !target.matches) || alias || (target.matches && target.matches(name))) {
      return &target;
    }
  }
  return nullptr;
}

/// One spelling of upstream's names: the path of one of its files is its module, and the package
/// nemo_automodel.models is nemo_automodel.components.models.
std::string canonical_name(std::string name) {
  constexpr std::string_view kFile = ".py:";
  constexpr std::string_view kModels = "nemo_automodel.models.";
  const auto file = name.find(kFile);
  if (name.starts_with("nemo_automodel/") && file != std::string::npos) {
    std::replace(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(file), '/', '.');
    name.replace(file, kFile.size(), ".");
  }
  if (name.starts_with(kModels)) {
    name = "nemo_automodel.components.models." + name.substr(kModels.size());
  }
  return name;
}

std::vector<std::string> target_names(const Key& key) {
  std::vector<std::string> names;
  for (const Target& target : key.targets) {
    names.push_back(target.name);
    names.insert(names.end(), target.aliases.begin(), target.aliases.end());
  }
  std::erase(names, "");
  return names;
}

/// A value as error texts show it.
std::string shown(const Node& node, const std::string& path) {
  return is_secret(path) ? "a value that is not shown" : describe(node);
}

/// For a text that was meant as a list or mapping, and for one that was read as a number, such as
/// the id of a job.
std::string advice_on_quotes(const Key& key, const Node& node) {
  if (node.value.is_number() && (key.forms & kText) != 0 && key.choices.empty()) {
    return R"(; a text of digits needs quotes inside: "'123'")";
  }
  const std::string text = node.is_text() ? node.value.get<std::string>() : "";
  return text.starts_with('[') || text.starts_with('{')
             ? R"(; as a text a list or mapping needs quotes inside: "['a', 'b']", "{'key': 'value'}")"
             : "";
}

Node text_like(const Node& origin, const Json& value) {
  Node node = from_json(value, origin.origin);
  node.text = origin.text;
  return node;
}

/// Free-form values in one order, so that equal recipes print equally.
Node in_order(Node node) {
  for (Node& item : node.items) {
    item = in_order(std::move(item));
  }
  for (Entry& entry : node.entries) {
    entry.value = in_order(std::move(entry.value));
  }
  std::ranges::sort(node.entries, {}, &Entry::key);
  return node;
}

/// A value that is neither nothing nor the default, nor a plain no.
bool asks_for_something(const Key& key, const Node& value) {
  if (value.kind != NodeKind::scalar) {
    return !value.entries.empty() || !value.items.empty();
  }
  const Json usual = key.fallback.value_or(Json());
  return !value.is_null() && value.value != (usual.is_null() ? Json(false) : usual);
}

/// Walks table and tree together.
class Checker {
 public:
  /// The resolved mapping; problems are collected.
  Node check_map(const Key& key, const Node& node, const std::string& path) {
    Node out = map_node(node.origin);
    std::vector<Key> keys;
    Extra extra = key.extra;
    if (!key.targets.empty()) {
      const Target* target = select_target(key, node, path, out);
      if (target == nullptr) {
        return out;
      }
      keys = target->keys;
      extra = target->extra;
    }
    keys.insert(keys.end(), key.keys.begin(), key.keys.end());
    for (const Key& known : keys) {
      check_key(known, node, path, out);
    }
    check_extra(key, keys, extra, node, path, out);
    return out;
  }

  std::vector<Problem> problems;
  std::vector<Problem> warnings;
  std::map<std::string, std::vector<std::string>> without_effect;

 private:
  void problem(const Origin& where, const std::string& path, std::string text) {
    problems.push_back({where, path, std::move(text)});
  }

  const Target* select_target(const Key& key, const Node& node, const std::string& path,
                              Node& out) {
    const Node* selector = node.find(key.selector);
    const std::string at = dotted(path, key.selector);
    if (selector == nullptr || selector->is_null()) {
      if (!key.default_target) {
        problem(node.origin, at,
                fmt::format("this required key is missing; e.g. {}: {}", key.selector,
                            target_names(key).front()));
        if (key.targets.size() == 1) {  // the other keys can be its only
          return &key.targets.front();
        }
        report_misspelt_selector(key, node, path);
        return nullptr;
      }
      if (!key.default_target->empty()) {
        out.entries.push_back({key.selector, {}, from_json(*key.default_target, {})});
      }
      return &*std::ranges::find(key.targets, *key.default_target, &Target::name);
    }
    if (!selector->is_text()) {
      problem(selector->origin, at, fmt::format("expected a name, found {}", describe(*selector)));
      return nullptr;
    }
    const std::string name = canonical_name(selector->value.get<std::string>());
    const Target* target = find_target(key, name);
    if (target == nullptr) {
      problem(selector->origin, at, unknown_target(key, *selector, name));
      return nullptr;
    }
    out.entries.push_back({key.selector, selector->origin,
                           text_like(*selector, target->matches ? name : target->name)});
    return target;
  }

  void report_misspelt_selector(const Key& key, const Node& node, const std::string& path) {
    const std::vector<std::string> names = {key.selector};
    for (const Entry& entry : node.entries) {
      const std::string near = did_you_mean(entry.key, names);
      if (!near.empty() && entry.key != key.selector) {
        problem(entry.key_origin, dotted(path, entry.key), fmt::format("unknown key{}", near));
      }
    }
  }

  static std::string unknown_target(const Key& key, const Node& node, const std::string& name) {
    const auto names = target_names(key);
    std::string near = did_you_mean(name, names);
    if (near.empty()) {
      near = fmt::format("; known are e.g. {}", names.front());
    }
    return fmt::format(
        "unknown name {}{} (names are looked up in a fixed list, docs/recipe.md; a "
        "recipe runs no code)",
        describe(node), near);
  }

  /// One key of the table: its value(s) from `node`, its default, or the complaint that it is
  /// missing.
  void check_key(const Key& key, const Node& node, const std::string& path, Node& out) {
    bool found = false;
    std::vector<const Entry*> named;
    for (const Entry& entry : node.entries) {
      if (entry.key == key.name || (key.prefix && is_named(key, entry.key))) {
        named.push_back(&entry);
      }
    }
    std::ranges::sort(named, {}, &Entry::key);
    for (const Entry* entry : named) {
      if (entry->value.is_null() && key.null_is_absent) {
        continue;
      }
      found = true;
      const std::string at = dotted(path, entry->key);
      if (!key.dead.empty()) {
        warnings.push_back({entry->key_origin, at, key.dead});
      }
      auto value = check_value(key, entry->value, at);
      if (value && !key.no_effect.empty() && asks_for_something(key, *value)) {
        without_effect[key.no_effect].push_back(at);
      }
      if (value && key.dead.empty()) {
        out.entries.push_back({entry->key, entry->key_origin, std::move(*value)});
      }
    }
    if (!found) {
      add_default(key, node, path, out);
    }
  }

  void add_default(const Key& key, const Node& node, const std::string& path, Node& out) {
    const std::string at = dotted(path, key.name);
    if (key.required) {
      problem(node.origin, at,
              fmt::format("this required {} is missing: {}", path.empty() ? "section" : "key",
                          key.doc));
    } else if (key.always) {
      out.entries.push_back({key.name, {}, check_map(key, map_node(), at)});
    } else if (key.fallback) {
      if (auto value = check_value(key, from_json(*key.fallback, {}), at)) {
        out.entries.push_back({key.name, {}, std::move(*value)});
      }
    }
  }

  void check_extra(const Key& key, const std::vector<Key>& keys, Extra extra, const Node& node,
                   const std::string& path, Node& out) {
    std::vector<const Entry*> unknown;
    for (const Entry& entry : node.entries) {
      const bool selector = !key.targets.empty() && entry.key == key.selector;
      if (!selector && find_key(keys, entry.key) == nullptr) {
        unknown.push_back(&entry);
      }
    }
    std::ranges::sort(unknown, {}, &Entry::key);
    for (const Entry* entry : unknown) {
      if (accept_extra(key, keys, extra, *entry, dotted(path, entry->key))) {
        out.entries.push_back({entry->key, entry->key_origin, in_order(entry->value)});
      }
    }
  }

  /// What may be meant by an unknown key: what another program calls so, else the nearest name.
  static std::string name_here(const std::string& key, const std::vector<std::string>& known) {
    const ForeignName* foreign = find_foreign_name(key);
    if (foreign != nullptr && foreign->key.empty()) {
      return fmt::format("; {}", foreign->note);
    }
    if (foreign != nullptr) {
      return fmt::format("; here it is '{}'{}", foreign->key,
                         foreign->note.empty() ? "" : fmt::format(" ({})", foreign->note));
    }
    return did_you_mean(key, known);
  }

  bool accept_extra(const Key& key, const std::vector<Key>& keys, Extra extra, const Entry& entry,
                    const std::string& at) {
    if (extra == Extra::free) {
      return true;
    }
    std::vector<std::string> names;
    for (const Key& known : keys) {
      names.push_back(known.name);
    }
    if (!key.targets.empty()) {
      names.push_back(key.selector);
    }
    if (extra == Extra::model_config) {
      const auto& more = model_config_names();
      // A null takes out a key that one config.json may have; whoever reads that looks for it.
      const bool is_off = entry.value.is_null() && find_foreign_name(entry.key) == nullptr;
      if (is_off || std::find(more.begin(), more.end(), entry.key) != more.end()) {
        return true;
      }
      names.insert(names.end(), more.begin(), more.end());
    }
    const std::string near = name_here(entry.key, names);
    if (extra == Extra::ignored && near.empty()) {
      warnings.push_back({entry.key_origin, at, "ignored: nothing reads this key"});
      return true;
    }
    problem(entry.key_origin, at, fmt::format("unknown key{}", near));
    return false;
  }

  std::optional<Node> check_value(const Key& key, const Node& node, const std::string& path) {
    if (node.is_null()) {
      return check_null(key, node, path);
    }
    if (key.forms == kAny) {
      return in_order(node);
    }
    if (node.kind == NodeKind::map) {
      return (key.forms & kMap) != 0 ? std::optional(check_map(key, node, path))
                                     : wrong_type(key, node, path);
    }
    if (node.kind == NodeKind::list) {
      return (key.forms & kList) != 0 ? check_list(key, node, path) : wrong_type(key, node, path);
    }
    if (node.is_text() && key.text_is_target) {
      Node map = map_node(node.origin);
      map.entries.push_back({key.selector, node.origin, node});
      return check_map(key, map, path);
    }
    return check_scalar(key, node, path);
  }

  std::optional<Node> check_null(const Key& key, const Node& node, const std::string& path) {
    if (key.nullable) {
      return text_like(node, nullptr);
    }
    return wrong_type(key, node, path);
  }

  std::optional<Node> wrong_type(const Key& key, const Node& node, const std::string& path) {
    problem(node.origin, path,
            fmt::format("expected {}, found {}{}", expected(key), shown(node, path),
                        advice_on_quotes(key, node)));
    return std::nullopt;
  }

  std::optional<Node> check_list(const Key& key, const Node& node, const std::string& path) {
    if (key.num_items && node.items.size() != *key.num_items) {
      problem(node.origin, path,
              fmt::format("expected {}, found {}", expected(key), node.items.size()));
      return std::nullopt;
    }
    Node out = node;
    out.items.clear();
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string at = dotted(path, std::to_string(i));
      auto item = key.item.empty() ? std::optional(node.items[i])
                                   : check_value(key.item[0], node.items[i], at);
      if (item) {
        out.items.push_back(std::move(*item));
      }
    }
    return out;
  }

  std::optional<Node> check_scalar(const Key& key, const Node& node, const std::string& path) {
    const Json& value = node.value;
    if (value.is_boolean() && (key.forms & kBoolean) != 0) {
      const auto choice = find_choice(key, value.get<bool>() ? "true" : "false");
      return choice ? text_like(node, *choice) : node;
    }
    if (value.is_string() && (key.forms & kText) != 0) {
      return check_text(key, node, path);
    }
    const bool whole = value.is_number_integer() && (key.forms & (kInteger | kNumber)) != 0;
    const bool real = value.is_number_float() && (key.forms & kNumber) != 0;
    if (!whole && !real) {
      return wrong_type(key, node, path);
    }
    const double number = value.get<double>();
    const bool in_range = std::isfinite(number) && (!key.least || number >= *key.least) &&
                          (!key.above || number > *key.above) && (!key.most || number <= *key.most);
    if (!in_range) {
      problem(node.origin, path,
              fmt::format("{} is out of range; expected {}", describe(node), expected(key)));
      return std::nullopt;
    }
    const bool is_widened = (key.forms & kNumber) != 0 && !key.keeps_integers;
    return is_widened ? text_like(node, number) : node;
  }

  std::optional<Node> check_text(const Key& key, const Node& node, const std::string& path) {
    if (key.choices.empty()) {
      return node;
    }
    const std::string text = node.value.get<std::string>();
    if (const auto choice = find_choice(key, text)) {
      return text_like(node, *choice);
    }
    std::vector<std::string> names;
    for (const std::string& choice : key.choices) {
      for (std::string& spelling : split(choice, '|')) {
        names.push_back(std::move(spelling));
      }
    }
    problem(node.origin, path,
            fmt::format("expected {}, found {}{}", expected(key), describe(node),
                        did_you_mean(text, names)));
    return std::nullopt;
  }
};

}  // namespace

CheckedTree check_tree(const Key& key, const Node& root) {
  Checker checker;
  if (root.kind != NodeKind::map) {
    checker.problems.push_back(
        {root.origin, "", fmt::format("expected a mapping of sections, found {}", describe(root))});
    return {map_node(), std::move(checker.problems), {}, {}};
  }
  Node tree = checker.check_map(key, root, "");
  return {std::move(tree), std::move(checker.problems), std::move(checker.warnings),
          std::move(checker.without_effect)};
}

}  // namespace automodel::config
