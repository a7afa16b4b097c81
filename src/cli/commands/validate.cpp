#include "cli/commands/validate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "config/load.h"
#include "config/print.h"
#include "config/reference.h"

namespace automodel::cli {
namespace {

struct Options {
  std::vector<std::string> recipes;
  bool print_config = false;
  bool lines = false;
  bool reference = false;
};

void report(const std::string& path, const config::LoadedRecipe& loaded, const Options& options) {
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

ExitCode validate(const Options& options, const std::vector<std::string>& overrides) {
  ExitCode code = ExitCode::ok;
  for (const std::string& path : options.recipes) {
    try {
      report(path, config::check_recipe(path, overrides), options);
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

ExitCode run(Arguments arguments) {
  Options options;
  CLI::App app(
      "Checks recipes without weights, data or network. Recipe keys can be overridden: "
      "--section.key VALUE.",
      "automodel validate");
  app.add_option("recipe", options.recipes, "recipe files");
  app.add_flag("--print-config", options.print_config,
               "print every resolved value with its origin");
  app.add_flag("--lines", options.lines, "with --print-config: also line and column of each value");
  app.add_flag("--reference", options.reference,
               "print the reference of all recipe keys (docs/recipe.md)");
  app.footer("Example: automodel validate recipe.yaml --optimizer.lr 1e-4 --print-config");
  const std::vector<std::string> own = {"--help", "--print-config", "--lines", "--reference"};
  const auto split = config::split_overrides(arguments, own);
  if (!parse_arguments(app, split.own)) {
    return ExitCode::ok;
  }
  if (options.reference) {
    fmt::print("{}", config::reference());
    return ExitCode::ok;
  }
  check(!options.recipes.empty(), ErrorKind::invalid_argument,
        "no recipe given; write: automodel validate RECIPE.yaml");
  return validate(options, split.overrides);
}

}  // namespace

Command validate_command() {
  return {"validate", "Check recipes; print what each resolves to and what it would need", run};
}

}  // namespace automodel::cli
