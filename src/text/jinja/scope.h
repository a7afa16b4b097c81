#pragma once
// Which variable each name means, decided before rendering as jinja2 decides it.

#include "text/jinja/parser.h"

namespace automodel::text::jinja {

/// Fills in the slots, frame layouts and special parameters of the tree, and Template::variables.
/// Throws Error(invalid_argument) on filters and tests that do not exist (unless inside an if,
/// where they fail when reached), on an assignment to `loop` in a loop, and on a misplaced `caller`
/// parameter. Source: jinja2's idtracking and compiler (Symbols, FrameSymbolVisitor, Frame.soft).
void resolve_scopes(Template& tree);

}  // namespace automodel::text::jinja
