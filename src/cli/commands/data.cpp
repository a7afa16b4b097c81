#include <filesystem>

#include "base/hub_cache.h"
#include "cli/commands/commands.h"
#include "cli/engine.h"
#include "cli/inputs.h"
#include "config/load.h"
#include "corpus/inspect.h"

namespace automodel::cli {
namespace {

ExitCode run_data(const corpus::InspectOptions& options, Arguments arguments) {
  if (!options.recipe.empty()) {
    bring_data(config::check_recipe(options.recipe, options.overrides).recipe);
  } else if (is_hub_id(options.tokenizer)) {
    bring_model(options.tokenizer, "main", hub::Need::config);
  }
  return corpus::inspect_data(options, [&](const config::ModelSource& model) {
    if (bring_config(model).extension() == ".gguf") {
      run_engine("data", arguments);
    }
    return corpus::read_model_facts(model);
  });
}

}  // namespace

Command data_command() { return make_command<corpus::InspectOptions>(run_data); }

}  // namespace automodel::cli
