#include "cli/commands/models.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "models/describe.h"

namespace automodel::cli {
namespace {

ExitCode run(Arguments arguments) {
  bool json = false;
  CLI::App app("Lists the supported model types with the kinds of blocks that each uses",
               "automodel models");
  app.add_flag("--json", json, "print a JSON array instead");
  if (parse_arguments(app, arguments)) {
    fmt::print("{}", json ? models::families_json().dump(1) + "\n" : models::describe_families());
  }
  return ExitCode::ok;
}

}  // namespace

Command models_command() {
  return {"models", "List the supported model types and what they are made of", run};
}

}  // namespace automodel::cli
