#pragma once
// The heavy commands live in automodel-engine, which links LibTorch; this program hands over to it.

#include <filesystem>
#include <string>

#include "base/command_line.h"

namespace automodel::cli {

/// The program beside this one. Throws Error(not_found) if it was not built.
std::filesystem::path find_engine(const std::string& command);

/// Replaces this process by `automodel-engine NAME ARGUMENTS...`. Returns only by throwing
/// Error(not_found | io).
[[noreturn]] void run_engine(const std::string& name, Arguments arguments);

/// A command that automodel-engine, beside this program, runs under the same name, after
/// bring(line) has brought what the line names onto this machine (cli/inputs.h).
template <typename Line, typename Bring>
Command engine_command(Bring bring) {
  return make_command<Line>([bring](const Line& line, Arguments arguments) -> ExitCode {
    find_engine(Line::kName);
    bring(line);
    run_engine(Line::kName, arguments);
  });
}

}  // namespace automodel::cli
