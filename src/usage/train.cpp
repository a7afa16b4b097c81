#include "usage/train.h"

#include <CLI/CLI.hpp>

namespace automodel::usage {

void Train::declare(CLI::App& app) {
  app.description("Trains by a recipe. --section.key VALUE overrides a key of it");
  app.add_option("recipe", recipe, "YAML file, or the manifest.json of a run")->required();
  app.add_flag("--smoke", smoke,
               "try the recipe in seconds: 3 steps of its model, shrunk and fresh, on made-up "
               "data; nothing is kept");
  app.add_option("--nproc-per-node", processes, "processes; only 1 is supported yet")
      ->check([](const std::string& word) {
        return word == "1" ? std::string()
                           : "training on several processes is not supported yet; give 1 or leave "
                             "it out, found " +
                                 word;
      });
  app.footer("Example: automodel train recipe.yaml --step_scheduler.max_steps 100");
}

}  // namespace automodel::usage
