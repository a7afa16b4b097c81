#pragma once
// json.dumps of values.

#include <optional>
#include <string>

#include "text/jinja/value.h"

namespace automodel::text::jinja {

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  std::optional<std::string> indent;  // one level's text; none: one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

/// Byte for byte what Python's json.dumps gives. Throws Error(invalid_argument) on what JSON cannot
/// hold.
std::string to_json_text(const Value& value, const JsonStyle& style);

}  // namespace automodel::text::jinja
