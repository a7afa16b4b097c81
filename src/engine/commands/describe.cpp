#include "engine/commands/describe.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "checkpoint/model_folder.h"
#include "models/describe.h"

namespace automodel::engine {
namespace {

ExitCode run_describe(Arguments arguments) {
  std::string model;
  CLI::App app("Says what a .gguf file's model is made of", "automodel describe");
  app.add_option("model", model, ".gguf file")->required();
  if (parse_arguments(app, arguments)) {
    const auto opened = checkpoint::open_model(model, {.weights = false});
    fmt::print("{}", models::describe(opened.config, opened.path.string()));
  }
  return ExitCode::ok;
}

}  // namespace

Command describe_command() {
  return {"describe", "Show what a .gguf file's model is made of", run_describe};
}

}  // namespace automodel::engine
