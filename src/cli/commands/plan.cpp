#include "base/command_line.h"
#include "cli/commands/commands.h"
#include "cli/engine.h"
#include "cli/inputs.h"
#include "plan/show_plan.h"

namespace automodel::cli {
namespace {

ExitCode run_plan(const plan::PlanOptions& options, Arguments arguments) {
  const auto loaded = config::check_recipe(options.recipe, options.overrides);
  if (bring_config(loaded.recipe.model).extension() == ".gguf") {
    run_engine("plan", arguments);
  }
  show_plan(options, loaded, plan::spec_of(loaded.recipe.model));
  return ExitCode::ok;
}

}  // namespace

Command plan_command() { return make_command<plan::PlanOptions>(run_plan); }

}  // namespace automodel::cli
