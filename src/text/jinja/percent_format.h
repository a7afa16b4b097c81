#pragma once

#include "text/jinja/value.h"

namespace automodel::text::jinja {

/// text % values, with a tuple for several and a dict for named ones. Throws
/// Error(invalid_argument) as Python would.
Value percent_format(const String& text, const Value& values);

}  // namespace automodel::text::jinja
