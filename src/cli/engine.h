#pragma once
// The heavy commands live in automodel-engine, which links LibTorch; this program hands over to it.

#include <filesystem>
#include <functional>
#include <string>

#include "base/command.h"

namespace automodel::cli {

/// Brings what the arguments name onto this machine (cli/inputs.h).
using Bring = std::function<void(Arguments)>;

/// A command that automodel-engine, beside this program, runs under the same name, after `bring`.
Command engine_command(std::string name, std::string summary, Bring bring);

/// The program beside this one. Throws Error(not_found) if it was not built.
std::filesystem::path find_engine(const std::string& command);

/// Replaces this process by `automodel-engine NAME ARGUMENTS...`. Returns only by throwing
/// Error(not_found | io).
[[noreturn]] void run_engine(const std::string& name, Arguments arguments);

}  // namespace automodel::cli
