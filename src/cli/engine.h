#pragma once
// The heavy commands live in automodel-engine, which links LibTorch; this program hands over to it.

#include "base/command.h"

namespace automodel::cli {

/// A command that automodel-engine, beside this program, runs under the same name.
Command engine_command(std::string name, std::string summary);

/// Replaces this process by `automodel-engine NAME ARGUMENTS...`. Returns only by throwing
/// Error(not_found | io).
[[noreturn]] void run_engine(const std::string& name, Arguments arguments);

}  // namespace automodel::cli
