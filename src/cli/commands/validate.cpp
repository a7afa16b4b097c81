#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/command_line.h"
#include "cli/commands/commands.h"
#include "config/load.h"
#include "config/print.h"
#include "config/reference.h"

namespace automodel::cli {
namespace {

struct ValidateOptions {
  static constexpr const char* kName = "validate";
  static constexpr const char* kSummary =
      "Check recipes; print what each resolves to and what it would need";

  std::vector<std::string> recipes;
  std::vector<std::string> overrides;
  bool print_config = false;
  bool lines = false;
  bool reference = false;

  void declare(CLI::App& app) {
    app.description(
        "Checks recipes without weights, data or network. --section.key VALUE overrides a key");
    app.add_option("recipe", recipes, "recipe files");
    app.add_flag("--print-config", print_config, "print every resolved value with its origin");
    app.add_flag("--lines", lines, "with --print-config: also line and column of each value");
    app.add_flag("--reference", reference,
                 "print the reference of all recipe keys (docs/recipe.md)");
    app.footer("Example: automodel validate recipe.yaml --optimizer.lr 1e-4 --print-config");
  }
};

void report(const std::string& path, const config::LoadedRecipe& loaded,
            const ValidateOptions& options) {
  for (const std::string& warning : loaded.warnings) {
    fmt::print(stderr, "warning: {}\n", warning);
  }
  if (options.print_config) {
    fmt::print("{}", config::print_tree(loaded.tree, options.lines));
    return;
  }
  fmt::print("{}: ok\n", path);
  if (!loaded.not_built.empty()) {
    fmt::print("  not supported yet; to run it would need:\n");
    for (const std::string& need : loaded.not_built) {
      fmt::print("  - {}\n", need);
    }
  }
}

ExitCode validate(const ValidateOptions& options) {
  ExitCode code = ExitCode::ok;
  for (const std::string& path : options.recipes) {
    try {
      report(path, config::check_recipe(path, options.overrides), options);
    } catch (const Error& error) {
      if (options.recipes.size() == 1) {
        throw;
      }
      fmt::print(stderr, "error: {}: {}\n", path, error.what());
      code = exit_code_of(error.kind());
    }
  }
  return code;
}

ExitCode run_validate(const ValidateOptions& options, Arguments) {
  if (options.reference) {
    fmt::print("{}", config::reference());
    return ExitCode::ok;
  }
  check(!options.recipes.empty(), ErrorKind::invalid_argument,
        "no recipe given; write: automodel validate RECIPE.yaml");
  return validate(options);
}

}  // namespace

Command validate_command() { return make_command<ValidateOptions>(run_validate); }

}  // namespace automodel::cli
