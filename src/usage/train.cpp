#include "usage/train.h"

#include <CLI/CLI.hpp>

namespace automodel::usage {

void Train::declare(CLI::App& app) {
  app.description("Trains by a recipe. --section.key VALUE overrides a key of it");
  app.add_option("recipe", recipe, "YAML file, or the manifest.json of a run")->required();
  app.add_flag("--smoke", smoke,
               "try the recipe in seconds: 3 steps of its model, shrunk and fresh, on made-up "
               "data; nothing is kept");
  app.footer("Example: automodel train recipe.yaml --step_scheduler.max_steps 100");
}

}  // namespace automodel::usage
