#include "recipes/finetune/checkpoint_model.h"

#include "base/error.h"
#include "checkpoint/base_files.h"
#include "checkpoint/model_state.h"
#include "checkpoint/store.h"
#include "config/load.h"
#include "models/find_model.h"

namespace automodel::recipes {

RunModel load_checkpoint_model(const std::filesystem::path& checkpoint) {
  const auto opened = checkpoint::open_checkpoint(checkpoint);
  const auto file = models::checkpoint_recipe(opened.path).string();
  const ErrorContext context(
      "loading the model of the run that {} tells of (relative paths count from the folder in "
      "which the run was started)",
      file);
  auto recipe = config::check_recipe(file).recipe;  // it has run
  recipe.dist_env.device = "cpu";
  if (recipe.peft) {  // its values are the checkpoint's
    recipe.peft->adapter_name_or_path = std::nullopt;
  }
  RunModel run = load_run_model(recipe);
  if (run.lora) {
    checkpoint::check_base(checkpoint::base_files(run.source.path), opened);
  }
  checkpoint::restore_model_state(opened.path / "model", run.source, run.model.parameters());
  return run;
}

std::optional<Json> overrides_beside(const std::filesystem::path& adapter) {
  const auto file =
      models::checkpoint_recipe(std::filesystem::canonical(adapter).parent_path()).string();
  if (file.empty()) {
    return std::nullopt;
  }
  const ErrorContext context("reading what the run of {} changed of its base", adapter.string());
  return config::check_recipe(file).recipe.model.config_overrides;
}

}  // namespace automodel::recipes
