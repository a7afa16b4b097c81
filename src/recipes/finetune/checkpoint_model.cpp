#include "recipes/finetune/checkpoint_model.h"

#include "base/error.h"
#include "checkpoint/base_files.h"
#include "checkpoint/model_state.h"
#include "checkpoint/store.h"
#include "config/load.h"
#include "data/registry.h"
#include "models/find_model.h"

namespace automodel::recipes {
namespace {

/// id2label of the model's config.json as the run had it, which its checkpoint keeps.
Json kept_class_names(const Json& ground) {
  const Json::json_pointer at("/config/id2label");
  return ground.contains(at) ? Json{{"id2label", ground.at(at)}} : Json::object();
}

/// The names that the run found for its classes in place of the data, where they would be looked
/// for again.
void keep_class_names(config::Recipe& recipe, const Json& ground) {
  recipe.model.config_overrides.update(kept_class_names(ground));
  recipe.dataset.keys.erase(std::string(data::find_dataset_kind(recipe.dataset.target).place));
  recipe.validation_datasets.clear();
}

}  // namespace

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
  if (const Json& ground = opened.manifest.ground;
      recipe.model.task == config::ModelTask::sequence_classification && ground.is_object()) {
    keep_class_names(recipe, ground);
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

Json class_names_beside(const std::filesystem::path& adapter) {
  const auto checkpoint = std::filesystem::canonical(adapter).parent_path();
  return models::checkpoint_recipe(checkpoint).empty()
             ? Json::object()
             : kept_class_names(checkpoint::read_manifest(checkpoint).ground);
}

}  // namespace automodel::recipes
