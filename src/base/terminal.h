#pragma once
// What a terminal wants to see.

#include <string_view>

namespace automodel {

/// Whether lines on this descriptor may be written over: it is a terminal and TERM is not "dumb".
bool rewrites_lines(int descriptor);

/// Whether it may have colours besides: NO_COLOR is unset or empty (no-color.org).
bool shows_colours(int descriptor);

/// Asks on stderr for `what` if standard input, which is read now, is a terminal: a command that
/// waits for it silently seems to hang.
void ask_for_input(std::string_view what);

}  // namespace automodel
