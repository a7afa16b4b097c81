#pragma once

#include "text/jinja/object.h"

namespace automodel::text::jinja {

/// text.format(*positional, **keywords), with attributes and items looked up as the template would.
/// Throws Error(invalid_argument) as Python would.
Value brace_format(Runtime& runtime, const String& text, const Arguments& arguments);

}  // namespace automodel::text::jinja
