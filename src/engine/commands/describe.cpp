#include "models/describe.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/command_line.h"
#include "checkpoint/model_folder.h"
#include "engine/commands/commands.h"

namespace automodel::engine {
namespace {

struct DescribeLine {
  static constexpr const char* kName = "describe";
  static constexpr const char* kSummary = "Show what a .gguf file's model is made of";

  std::string model;
  std::string revision;

  void declare(CLI::App& app) {
    app.description("Says what a .gguf file's model is made of");
    app.add_option("model", model, ".gguf file")->required();
    app.add_option("--revision", revision, "has had its use before this program is asked");
    app.footer("Example: automodel describe model.gguf");
  }
};

ExitCode run_describe(const DescribeLine& line, Arguments) {
  const auto opened = checkpoint::open_model(line.model, {.weights = false});
  fmt::print("{}", models::describe(opened.config, opened.path.string()));
  return ExitCode::ok;
}

}  // namespace

Command describe_command() { return make_command<DescribeLine>(run_describe); }

}  // namespace automodel::engine
