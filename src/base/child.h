#pragma once
// What another program says.

#include <optional>
#include <span>
#include <string>

namespace automodel {

/// Runs the program that the first word names, as a shell finds it, and returns its standard
/// output; what it writes to standard error is lost. Nothing if it cannot be started or fails.
std::optional<std::string> output_of(std::span<const std::string> words);

}  // namespace automodel
