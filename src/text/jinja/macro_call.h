#pragma once

#include "text/jinja/frame.h"

namespace automodel::text::jinja {

/// Puts the arguments of a call into the macro's frame; parameters that got none stay unset.
/// Throws Error(invalid_argument) on arguments that the macro does not take. Source:
/// jinja2.runtime.Macro.
void bind_macro_arguments(const MacroBody& macro, const Arguments& arguments, Frame& frame);

}  // namespace automodel::text::jinja
