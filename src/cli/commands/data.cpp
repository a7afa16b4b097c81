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
  const auto leave_gguf_to_engine = [&](const std::filesystem::path& path) {
    if (path.extension() == ".gguf") {
      run_engine("data", arguments);
    }
  };
  const auto open_tokenizer = [&](const std::filesystem::path& path) {
    leave_gguf_to_engine(path);
    return data::load_text_context(path);
  };
  const auto open_model = [&](const config::ModelSource& model) {
    leave_gguf_to_engine(bring_config(model));
    return corpus::read_model_facts(model, open_tokenizer);
  };
  return corpus::inspect_data(options, open_model, open_tokenizer);
}

}  // namespace

Command data_command() { return make_command<corpus::InspectOptions>(run_data); }

}  // namespace automodel::cli
