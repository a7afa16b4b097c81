#include "usage/train.h"

#include "base/command_line.h"
#include "config/load.h"
#include "engine/commands/commands.h"
#include "recipes/benchmark.h"
#include "recipes/finetune.h"
#include "recipes/smoke.h"

namespace automodel::engine {
namespace {

ExitCode run_train(const usage::Train& line, Arguments) {
  if (line.smoke) {
    return recipes::run_smoke(config::check_recipe(line.recipe, line.overrides));
  }
  const auto loaded = config::load_recipe(line.recipe, line.overrides);
  return loaded.recipe.is_benchmark ? recipes::run_benchmark(loaded)
                                    : recipes::run_finetune(loaded);
}

}  // namespace

Command train_command() { return make_command<usage::Train>(run_train); }

}  // namespace automodel::engine
