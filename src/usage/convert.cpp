#include "usage/convert.h"

#include <CLI/CLI.hpp>

#include "usage/revision.h"

namespace automodel::usage {

void Convert::declare(CLI::App& app) {
  app.description("Writes a model as a Hugging Face folder");
  app.add_option("model", model, "Hugging Face folder, hub id, .gguf file or checkpoint of a run")
      ->required();
  app.add_option("out", out, "folder to write; must not exist or be empty")->required();
  declare_revision(app, revision, model);
  written.declare(app);
  app.footer("Example: automodel convert model.gguf model --dtype bfloat16");
}

}  // namespace automodel::usage
