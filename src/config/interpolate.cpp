#include "config/interpolate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "base/text.h"
#include "config/scalar.h"

namespace automodel::config {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

/// Length of NAME or NAME.NAME... at the start of `text`; 0 if there is none.
std::size_t name_length(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) {
    return 0;
  }
  std::size_t at = 1;
  while (at < text.size() && (is_word(text[at]) ||
                              (text[at] == '.' && at + 1 < text.size() && is_word(text[at + 1])))) {
    ++at;
  }
  return at;
}

struct Variable {
  std::string_view name;
  bool has_default = false;
  std::string_view fallback = {};
};

void append_variable(Interpolated& out, const Environment& environment, const Variable& variable) {
  const auto found = environment.find(std::string(variable.name));
  if (found != environment.end()) {
    out.text += found->second;
    out.from_environment = true;
  } else if (variable.has_default) {
    out.text += variable.fallback;
  } else {
    out.unset.emplace_back(variable.name);
  }
}

/// What stands between "${" and "}".
Variable parse_braced(std::string_view inside) {
  constexpr std::string_view kLegacy = "oc.env:";
  inside = trim(inside);
  if (inside.starts_with(kLegacy)) {
    inside = trim(inside.substr(kLegacy.size()));
  }
  const auto comma = inside.find(',');
  if (comma == std::string_view::npos) {
    return {.name = inside};
  }
  return {trim(inside.substr(0, comma)), true, trim(inside.substr(comma + 1))};
}

/// On the command line null means null; upstream takes it as a text there.
bool is_null_override(const Node& node, std::string_view text) {
  return node.origin.kind == OriginKind::overridden && text == "null";
}

/// Types a tree in place and collects what is wrong.
class Typing {
 public:
  explicit Typing(const Environment& environment) : environment_(environment) {}

  void type(Node& node, const std::string& path, bool is_name) {
    if (node.kind == NodeKind::list) {
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        type(node.items[i], dotted(path, std::to_string(i)), false);
      }
    } else if (node.kind == NodeKind::map) {
      for (Entry& entry : node.entries) {
        type(entry.value, dotted(path, entry.key), is_name_key(entry.key));
      }
    } else if (node.origin.kind == OriginKind::manifest) {
      return;  // resolved already
    } else if (is_name) {
      const bool typed = node.plain || is_null_override(node, node.text);
      node.value = typed ? type_yaml_scalar(node.text) : Json(node.text);
    } else {
      type_text(node, path);
    }
  }

  std::vector<Problem> take() { return std::move(problems_); }

 private:
  void type_text(Node& node, const std::string& path) {
    const Interpolated done = interpolate(node.text, environment_);
    for (const std::string& name : done.unset) {
      problems_.push_back({node.origin, path,
                           fmt::format("the environment variable '{}' is not set; set it, or write "
                                       "${{{},default}}",
                                       name, name)});
    }
    const bool plain = node.plain && done.text == node.text;
    Node typed = from_json(type_scalar(done.text, plain), node.origin);
    if (done.from_environment) {
      typed = from_json(to_json(typed),
                        {OriginKind::environment, node.origin.line, node.origin.column});
    }
    if (is_null_override(node, done.text)) {
      typed.value = nullptr;
    }
    typed.text = std::move(node.text);
    typed.plain = node.plain;
    node = std::move(typed);
  }

  const Environment& environment_;
  std::vector<Problem> problems_;
};

}  // namespace

bool is_name_key(std::string_view key) { return key == "_target_" || key.ends_with("_fn"); }

Environment process_environment() {
  Environment variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

Interpolated interpolate(std::string_view text, const Environment& environment) {
  Interpolated out;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    out.text += text.substr(0, dollar);
    if (dollar == std::string_view::npos) {
      break;
    }
    text.remove_prefix(dollar + 1);
    const auto close = text.starts_with('{') ? text.find('}') : std::string_view::npos;
    if (close != std::string_view::npos && close > 1) {
      append_variable(out, environment, parse_braced(text.substr(1, close - 1)));
      text.remove_prefix(close + 1);
    } else if (const std::size_t length = name_length(text); length > 0) {
      append_variable(out, environment, {.name = text.substr(0, length)});
      text.remove_prefix(length);
    } else {
      out.text += '$';
    }
  }
  return out;
}

TypedTree type_tree(Node root, const Environment& environment) {
  Typing typing(environment);
  typing.type(root, "", false);
  return {std::move(root), typing.take()};
}

}  // namespace automodel::config
