#include "engine/commands/train.h"

#include <CLI/CLI.hpp>

#include "config/load.h"
#include "config/run_options.h"
#include "recipes/benchmark.h"
#include "recipes/finetune.h"
#include "recipes/smoke.h"

namespace automodel::engine {
namespace {

ExitCode run_train(Arguments arguments) {
  const auto split = config::split_overrides(arguments, config::kTrainOptions);
  std::string recipe;
  bool smoke = false;
  CLI::App app("Trains by a recipe. --a.b.c VALUE overrides a key of it", "automodel train");
  app.add_option("recipe", recipe, "YAML file")->required();
  app.add_flag(
      "--smoke", smoke,
      "try the recipe in seconds: 3 steps of its model, shrunk and fresh, on made-up data; "
      "nothing is kept");
  app.footer("Example: automodel train recipe.yaml --smoke");
  if (!parse_arguments(app, split.own)) {
    return ExitCode::ok;
  }
  if (smoke) {
    return recipes::run_smoke(config::check_recipe(recipe, split.overrides));
  }
  const auto loaded = config::load_recipe(recipe, split.overrides);
  return loaded.recipe.kind == config::RecipeKind::benchmark ? recipes::run_benchmark(loaded)
                                                             : recipes::run_finetune(loaded);
}

}  // namespace

Command train_command() { return {"train", "Train by a recipe", run_train}; }

}  // namespace automodel::engine
