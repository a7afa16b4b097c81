#pragma once
// What both programs share: a list of commands, the way from main() into one of them, and how
// errors are reported.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/exit_code.h"

namespace CLI {
class App;
}

namespace automodel {

using Arguments = std::span<const std::string>;

/// One command of a program.
struct Command {
  std::string name;
  /// One line for the list of commands.
  std::string summary;
  /// Does the work; the arguments after the command's name.
  std::function<ExitCode(Arguments)> run;
};

struct Program {
  std::string name;
  std::string summary;
  /// Printed by --version.
  std::string version;
  std::vector<Command> commands;
  /// The command that a bare `PROGRAM recipe.yaml ...` means; all arguments are passed. May be
  /// empty.
  std::function<ExitCode(Arguments)> run_recipe = {};
};

/// Runs the command that argv names, or --help, --version. Errors go to stderr as "error: ..." with
/// their frames. Returns the process's exit code.
int run_program(const Program& program, int argc, const char* const* argv);

/// Parses the arguments of one command. Returns false if they asked for help, which was then
/// printed. Throws Error(invalid_argument) with the nearest option's name for anything else that is
/// wrong.
bool parse_arguments(CLI::App& app, Arguments arguments);

}  // namespace automodel
