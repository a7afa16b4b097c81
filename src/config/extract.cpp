#include "config/extract.h"

#include "config/extract/section.h"
#include "config/extract/sections.h"

namespace automodel::config {
namespace {

/// `validation_dataset` is "default"; behind it stands a separator and the name.
void extract_validation_datasets(Recipe& recipe, const Json& json) {
  constexpr std::string_view kName = "validation_dataset";
  for (const auto& [key, section] : json.items()) {
    if (key.starts_with(kName)) {
      const std::string name = key == kName ? "default" : key.substr(kName.size() + 1);
      recipe.validation_datasets[name] =
          extract_dataset(section, recipe.model.pretrained_model_name_or_path);
    }
  }
}

/// Every section that has no structure of its own.
void extract_others(Recipe& recipe, const Json& json) {
  static const std::vector<std::string> kSections = {"recipe",
                                                     "seed",
                                                     "step_scheduler",
                                                     "dist_env",
                                                     "distributed",
                                                     "model",
                                                     "peft",
                                                     "loss_fn",
                                                     "dataset",
                                                     "disabled_data_checks",
                                                     "dataloader",
                                                     "optimizer",
                                                     "lr_scheduler",
                                                     "clip_grad_norm",
                                                     "moe_metrics",
                                                     "checkpoint",
                                                     "packed_sequence",
                                                     "validation_dataloader"};
  for (const auto& [key, section] : json.items()) {
    const bool is_known = std::find(kSections.begin(), kSections.end(), key) != kSections.end();
    if (!is_known && !key.starts_with("validation_dataset")) {
      recipe.other[key] = section;
    }
  }
}

/// distributed.mp_policy, where model.compute_dtype leaves it open. bfloat16 is upstream's usual
/// and means what "auto" does.
void apply_mp_policy(ModelSource& model, const Json& distributed) {
  const Json policy = distributed.value("mp_policy", Json());
  const bool wants_float32 = policy.is_object() && policy.value("param_dtype", Json()) == "float32";
  if (wants_float32 && model.compute_dtype == "auto") {
    model.compute_dtype = "float32";
  }
}

bool skips_class_head(const std::vector<std::string>& prefixes) {
  constexpr std::string_view kHead = "score.weight";
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
    return !prefix.empty() && kHead.starts_with(prefix);
  });
}

}  // namespace

Recipe extract_recipe(const Node& tree) {
  const Json json = to_json(tree);
  const Section sections(json);
  Recipe recipe;
  recipe.is_benchmark =
      Section(json.at("recipe")).text("_target_") == "BenchmarkingRecipeForNextTokenPrediction";
  recipe.seed = json.at("seed").get<std::int64_t>();
  recipe.step_scheduler = extract_step_scheduler(json.at("step_scheduler"));
  recipe.dist_env.device = Section(json.at("dist_env")).text("device");
  recipe.distributed = extract_distributed(json.at("distributed"));
  recipe.model = extract_model(json.at("model"));
  apply_mp_policy(recipe.model, json.at("distributed"));
  const std::string& model_name = recipe.model.pretrained_model_name_or_path;
  const std::int64_t batch = recipe.step_scheduler.local_batch_size;
  if (sections.has("peft")) {
    recipe.peft = extract_peft(json.at("peft"));
  }
  if (sections.has("loss_fn")) {
    recipe.loss_fn = extract_loss(json.at("loss_fn"));
  }
  recipe.dataset = extract_dataset(json.at("dataset"), model_name);
  if (recipe.dataset.repeats()) {
    recipe.step_scheduler.num_epochs.reset();
  }
  recipe.disabled_data_checks = sections.texts("disabled_data_checks");
  recipe.dataloader = extract_dataloader(json.at("dataloader"), batch);
  extract_validation_datasets(recipe, json);
  recipe.validation_dataloader = extract_dataloader(json.at("validation_dataloader"), batch);
  recipe.packed_sequence = extract_packed_sequence(json.at("packed_sequence"));
  recipe.optimizer = extract_optimizer(json.at("optimizer"));
  if (sections.has("lr_scheduler")) {
    recipe.lr_scheduler = extract_lr_scheduler(json.at("lr_scheduler"));
  }
  recipe.clip_grad_norm.max_norm = json.at("clip_grad_norm").at("max_norm").get<double>();
  if (sections.has("moe_metrics")) {
    recipe.moe_metrics = extract_moe_metrics(json.at("moe_metrics"));
  }
  recipe.checkpoint = extract_checkpoint(json.at("checkpoint"));
  recipe.model.fresh_head = skips_class_head(
      Section(json.at("checkpoint")).texts("skip_task_head_prefixes_for_base_model"));
  extract_others(recipe, json);
  return recipe;
}

}  // namespace automodel::config
