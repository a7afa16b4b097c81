#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/command_line.h"
#include "cli/commands/commands.h"
#include "models/describe.h"

namespace automodel::cli {
namespace {

struct ModelsLine {
  static constexpr const char* kName = "models";
  static constexpr const char* kSummary =
      "List the supported model types and what they are made of";

  bool json = false;

  void declare(CLI::App& app) {
    app.description("Lists the supported model types with the kinds of blocks that each uses");
    app.add_flag("--json", json, "print a JSON array instead");
    app.footer("Example: automodel models --json");
  }
};

ExitCode run_models(const ModelsLine& line, Arguments) {
  fmt::print("{}",
             line.json ? models::families_json().dump(1) + "\n" : models::describe_families());
  return ExitCode::ok;
}

}  // namespace

Command models_command() { return make_command<ModelsLine>(run_models); }

}  // namespace automodel::cli
