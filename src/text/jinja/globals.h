#pragma once
// The functions every template sees: range, dict, namespace, cycler, joiner, raise_exception,
// strftime_now.

#include <optional>
#include <string_view>

#include "text/jinja/object.h"

namespace automodel::text::jinja {

/// The global of this name, if there is one.
std::optional<Value> find_global(std::string_view name);

}  // namespace automodel::text::jinja
