#pragma once

#include <string>

#include "text/jinja/value.h"

namespace automodel::text::jinja {

/// Python's pprint.pformat: repr with sorted dicts, broken into lines of at most 80 characters.
std::string pretty_print(const Value& value);

}  // namespace automodel::text::jinja
