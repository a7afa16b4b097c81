#pragma once
// What a terminal wants to see.

namespace automodel {

/// Whether lines on this descriptor may be written over: it is a terminal and TERM is not "dumb".
bool rewrites_lines(int descriptor);

/// Whether it may have colours besides: NO_COLOR is unset or empty (no-color.org).
bool shows_colours(int descriptor);

}  // namespace automodel
