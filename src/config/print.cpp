#include "config/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "config/interpolate.h"
#include "config/scalar.h"
#include "config/secret.h"

namespace automodel::config {
namespace {

constexpr std::size_t kCommentColumn = 60;
constexpr const char* kMask = "'******'";

std::string quoted(const std::string& text) {
  const std::string json = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return json;
}

std::string number_text(double value) {
  if (std::isnan(value)) {
    return ".nan";
  }
  if (std::isinf(value)) {
    return value > 0 ? ".inf" : "-.inf";
  }
  // YAML 1.1 needs a dot in a floating number, also before an exponent.
  const std::string text = fmt::format("{}", value);
  const auto exponent = std::min(text.find('e'), text.size());
  const bool dotted = text.find('.') != std::string::npos;
  return dotted ? text : fmt::format("{}.0{}", text.substr(0, exponent), text.substr(exponent));
}

/// As Python writes a string, which upstream's typing reads back as that text.
std::string python_literal(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20;
    out += is_control               ? fmt::format("\\x{:02x}", c)
           : c == '\'' || c == '\\' ? std::string("\\") + c
                                    : std::string(1, c);
  }
  return out + "'";
}

/// Without quotes where YAML reads that as the same text.
std::string key_text(const std::string& text) {
  const bool safe = !text.empty() &&
                    text.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-") ==
                        std::string::npos &&
                    text[0] != '-' && type_scalar(text, true) == Json(text);
  return safe ? text : quoted(text);
}

/// A text that upstream's typing would take for something else in quotes, too, is printed as a
/// Python string in quotes.
std::string text_text(const std::string& text) {
  return type_scalar(text, false) == Json(text) ? key_text(text) : quoted(python_literal(text));
}

std::string scalar_text(const Node& node, bool is_name) {
  if (node.value.is_number_float()) {
    return number_text(node.value.get<double>());
  }
  if (!node.is_text()) {
    return node.value.dump();
  }
  const std::string text = without_secrets(node.value.get<std::string>());
  return is_name ? key_text(text) : text_text(text);
}

/// is_name: it stands below a name's key, which is read without upstream's typing.
std::string flow_text(const Node& node, bool is_name) {
  std::vector<std::string> parts;
  if (node.kind == NodeKind::list) {
    for (const Node& item : node.items) {
      parts.push_back(flow_text(item, false));
    }
    return fmt::format("[{}]", join(parts, ", "));
  }
  if (node.kind == NodeKind::map) {
    for (const Entry& entry : node.entries) {
      parts.push_back(fmt::format("{}: {}", key_text(entry.key),
                                  is_secret(entry.key)
                                      ? std::string(kMask)
                                      : flow_text(entry.value, is_name_key(entry.key))));
    }
    return fmt::format("{{{}}}", join(parts, ", "));
  }
  return scalar_text(node, is_name);
}

Origin origin_of(const Node& node) {
  return node.kind == NodeKind::list && !node.items.empty() &&
                 node.origin.kind == OriginKind::fallback
             ? node.items[0].origin
             : node.origin;
}

std::string comment(const Node& node, bool lines) {
  const Origin origin = origin_of(node);
  std::string text = fmt::format("# {}", to_string(origin.kind));
  if (lines && origin.line > 0) {
    text += fmt::format(" {}:{}", origin.line, origin.column);
  }
  return text;
}

std::string print_map(const Node& map, bool lines, std::size_t indent) {
  std::string out;
  for (const Entry& entry : map.entries) {
    std::string line = fmt::format("{:{}}{}:", "", indent, key_text(entry.key));
    const bool masked = is_secret(entry.key) && !entry.value.is_null();
    if (entry.value.kind == NodeKind::map && !entry.value.entries.empty() && !masked) {
      out += fmt::format("{}\n{}", line, print_map(entry.value, lines, indent + 2));
      continue;
    }
    line += fmt::format(
        " {}", masked ? std::string(kMask) : flow_text(entry.value, is_name_key(entry.key)));
    out += fmt::format("{:<{}} {}\n", line, kCommentColumn, comment(entry.value, lines));
  }
  return out;
}

}  // namespace

std::string print_tree(const Node& tree, bool lines) { return print_map(tree, lines, 0); }

}  // namespace automodel::config
