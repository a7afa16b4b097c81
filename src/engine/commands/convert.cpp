#include "engine/commands/convert.h"

#include <CLI/CLI.hpp>

#include "checkpoint/load.h"
#include "engine/commands/export_options.h"

namespace automodel::engine {
namespace {

ExitCode run_convert(Arguments arguments) {
  std::string model;
  std::string revision = "main";
  std::string out;
  ExportArguments options;
  CLI::App app("Writes a model as a Hugging Face folder", "automodel convert");
  app.add_option("model", model, "Hugging Face folder, hub id or .gguf file")->required();
  app.add_option("out", out, "folder to write; must not exist or be empty")->required();
  app.add_option("--revision", revision, "branch, tag or commit of a hub id");
  add_export_options(app, options);
  if (parse_arguments(app, arguments)) {
    const auto source = checkpoint::open_model(model, {.revision = revision});
    const auto parameters =
        checkpoint::load_parameters(source, std::nullopt, checkpoint::Use::freeze);
    export_model(out, source, parameters, options);
  }
  return ExitCode::ok;
}

}  // namespace

Command convert_command() {
  return {"convert", "Convert a checkpoint to another format", run_convert};
}

}  // namespace automodel::engine
