#include "usage/bench.h"

#include <CLI/CLI.hpp>

#include "base/number_range.h"

namespace automodel::usage {

void Bench::declare(CLI::App& app) {
  app.description("Measures the training step of a recipe. --section.key VALUE overrides a key");
  app.add_option("recipe", recipe, "YAML file")->required();
  app.add_option("--warmup", warmup_steps, "steps before those that count, instead of the recipe's")
      ->check(at_least(0));
  app.add_option("--steps", num_steps, "steps that count, instead of the recipe's")
      ->check(above(0));
  app.add_option("--rows", rows,
                 "rows of tokens instead of the recipe's data set: a file of JSON lines "
                 "{\"input_ids\": [...], \"labels\": [...]}");
  app.add_option("--threads", num_threads, "0: all cores")
      ->check(at_least(0))
      ->capture_default_str();
  app.add_flag("--json", json, "print one line of JSON");
  app.footer("Example: automodel bench recipe.yaml --warmup 2 --steps 5");
}

}  // namespace automodel::usage
