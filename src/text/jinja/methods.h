#pragma once
// The methods of Python's builtin types.

#include <optional>
#include <string_view>

#include "text/jinja/object.h"

namespace automodel::text::jinja {

/// The bound method, nothing if the type has none of this name, undefined if the sandbox forbids
/// it.
std::optional<Value> find_string_method(const String& self, std::string_view name);
std::optional<Value> find_container_method(const Value& self, std::string_view name);

}  // namespace automodel::text::jinja
