#pragma once
// Which numbers an option of a command line takes; checked while it is parsed.

#include <CLI/CLI.hpp>

namespace automodel {

/// The error says "-1 is out of range, expected a number of at least 0", or that an empty word is
/// no number. What else is none is left to the option's type.
CLI::Validator at_least(double least);
/// "expected a number above 0".
CLI::Validator above(double bound);
/// Above the first, at most the second.
CLI::Validator above_and_at_most(double bound, double most);

}  // namespace automodel
