#pragma once
// What both programs share: a list of commands, the way from main() into one of them, and how
// errors are reported.

#include <functional>
#include <memory>
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
  /// Puts description, options and example into an empty app, for texts about the command. What it
  /// returns holds the options' values and must live as long as the app is used.
  std::function<std::shared_ptr<void>(CLI::App&)> declare = {};
  /// Words "--section.key" that are no option override a recipe's keys.
  bool takes_overrides = false;
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
  /// A whole command line, for the help.
  std::string example = {};
};

/// Runs the command that argv names, or --help, --version. Errors go to stderr as "error: ..." with
/// their frames. Returns the process's exit code.
int run_program(const Program& program, int argc, const char* const* argv);

/// Parses the arguments of one command; the value of "--name=" is empty, as that of "--name" before
/// an empty word. Returns false if they asked for help, which was then printed. Throws
/// Error(invalid_argument) with the nearest option's name for anything else that is wrong.
bool parse_arguments(CLI::App& app, Arguments arguments);

struct SplitArguments {
  std::vector<std::string> own;
  std::vector<std::string> overrides;
};

/// Separates a command's own arguments from overrides of recipe keys. A word "--name" that is no
/// option of `app` is an override: "--a.b=v", "--a.b v", or bare "--a.b" for true; a next word that
/// starts with "--" is not its value.
SplitArguments split_overrides(const CLI::App& app, Arguments arguments);

}  // namespace automodel
