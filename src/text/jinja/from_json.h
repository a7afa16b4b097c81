#pragma once

#include "base/json.h"
#include "text/jinja/value.h"

namespace automodel::text::jinja {

/// The Python value that json.loads would give. Throws Error(invalid_argument) on an integer
/// outside 64 bits, invalid UTF-8, or nesting deeper than kMaxValueDepth.
Value from_json(const Json& json);

}  // namespace automodel::text::jinja
