#include "cli/texts/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/command_line.h"
#include "cli/commands.h"
#include "cli/commands/commands.h"
#include "cli/texts/man.h"
#include "config/reference.h"

namespace automodel::cli {
namespace {

struct CompletionLine {
  static constexpr const char* kName = "completion";
  static constexpr const char* kSummary = "Print a completion script for bash, zsh or fish";

  std::string shell;

  void declare(CLI::App& app) {
    app.description(
        "Prints a script with which a shell completes commands, options, values and the keys of "
        "recipes. Where to put it stands in its first lines");
    app.add_option("shell", shell, "the shell")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    app.footer("Example: automodel completion bash");
  }
};

ExitCode run_completion(const CompletionLine& line, Arguments) {
  const auto make = line.shell == "bash"  ? bash_completion
                    : line.shell == "zsh" ? zsh_completion
                                          : fish_completion;
  fmt::print("{}", make(texts_of(program()), config::recipe_paths()));
  return ExitCode::ok;
}

struct ManLine {
  static constexpr const char* kName = "man";
  static constexpr const char* kSummary = "Print the manual page";

  void declare(CLI::App& app) {
    app.description("Prints the manual page in roff; `man -l FILE` shows it");
    app.footer("Example: automodel man");
  }
};

ExitCode run_man(const ManLine&, Arguments) {
  const Program all = program();
  fmt::print("{}", man_page(all, texts_of(all)));
  return ExitCode::ok;
}

}  // namespace

Command completion_command() { return make_command<CompletionLine>(run_completion); }

Command man_command() { return make_command<ManLine>(run_man); }

}  // namespace automodel::cli
