#pragma once
// str() and repr() of values.

#include <string>
#include <string_view>

#include "text/jinja/value.h"

namespace automodel::text::jinja {

/// Python's str(value); undefined is empty. Throws Error(invalid_argument) if the text would be too
/// long.
std::string to_text(const Value& value);
/// Python's repr(value), quotes and escapes included. depth: levels of values around it.
/// Throws Error(invalid_argument) if the text would be too long, or if a namespace holds itself.
std::string repr(const Value& value, int depth = 0);
/// Python's ascii(value): repr with every other character escaped.
std::string ascii_repr(const Value& value);
std::string string_repr(std::string_view text);

}  // namespace automodel::text::jinja
