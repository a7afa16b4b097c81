#include "base/command_line.h"
#include "checkpoint/load.h"
#include "engine/commands/commands.h"
#include "plan/show_plan.h"
#include "recipes/finetune/run_model.h"
#include "tensor/dtype.h"

namespace automodel::engine {
namespace {

/// Of models in .gguf files.
ExitCode run_plan(const plan::PlanOptions& options, Arguments) {
  const auto loaded = config::check_recipe(options.recipe, options.overrides);
  const auto source = recipes::open_run_source(loaded.recipe.model);
  show_plan(options, loaded, source.spec,
            plan::storage_of(dtype_name(checkpoint::auto_dtype(source))));
  return ExitCode::ok;
}

}  // namespace

Command plan_command() { return make_command<plan::PlanOptions>(run_plan); }

}  // namespace automodel::engine
