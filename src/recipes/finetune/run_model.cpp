#include "recipes/finetune/run_model.h"

#include "base/error.h"
#include "checkpoint/load.h"
#include "checkpoint/model_state.h"
#include "corpus/class_names.h"
#include "models/classifiers.h"
#include "models/config_class.h"
#include "models/find_model.h"
#include "recipes/finetune/router_training.h"
#include "recipes/finetune/run_data.h"
#include "tensor/device.h"
#include "tensor/dtype.h"

namespace automodel::recipes {
namespace {

at::ScalarType storage_dtype(const config::ModelSource& model,
                             const checkpoint::ModelFolder& source) {
  if (model.torch_dtype != "auto") {
    return train::storage_dtype_from_name("model.torch_dtype", model.torch_dtype);
  }
  return model.is_fresh() ? at::kBFloat16 : checkpoint::auto_dtype(source);
}

nn::Parameters make_parameters(const config::Recipe& recipe, const checkpoint::ModelFolder& source,
                               at::ScalarType storage) {
  if (recipe.model.is_fresh()) {
    return nn::initialise(source.spec, storage, static_cast<std::uint64_t>(recipe.seed));
  }
  return checkpoint::load_parameters(source, storage,
                                     recipe.peft ? checkpoint::Use::freeze : checkpoint::Use::train,
                                     static_cast<std::uint64_t>(recipe.seed));
}

/// The model is of the kind that the recipe's entry names: what a folder holds decides which data
/// it can be trained on.
void check_task(const config::ModelSource& model, const spec::ModelSpec& spec) {
  using config::ModelTask;
  const bool classifies = model.task == ModelTask::sequence_classification;
  check((model.task == ModelTask::causal_lm || classifies) && !model.load_base_model,
        ErrorKind::unsupported,
        "model._target_: only NeMoAutoModelForCausalLM and NeMoAutoModelForSequenceClassification, "
        ".from_pretrained and .from_config, are supported yet");
  check(
      classifies == spec.is_classifier(), ErrorKind::invalid_argument,
      "model._target_ is NeMoAutoModelForCausalLM, but {} holds a classifier ({}), which predicts "
      "no tokens; use NeMoAutoModelForSequenceClassification, or the language model that it was "
      "made of",
      model.pretrained_model_name_or_path, spec.architecture);
}

/// Names that only the data sets give the classes are the trained model's.
void name_classes(const config::Recipe& recipe, checkpoint::ModelFolder& source) {
  if (source.spec.is_classifier()) {
    models::check_trains(source.config, source.spec.num_labels);
    const auto names =
        corpus::class_names(recipe, models::class_names(source.config), source.spec.num_labels);
    if (!names.empty()) {
      source.config = models::with_class_names(std::move(source.config), names);
    }
  }
}

}  // namespace

checkpoint::ModelFolder open_run_source(const config::ModelSource& model, bool weights) {
  const std::string name =
      model.config_class.empty()
          ? model.pretrained_model_name_or_path
          : models::folder_of_class(model.config_class, model.config_overrides).string();
  auto source = checkpoint::open_model(name, {.revision = model.revision.value_or("main"),
                                              .config_overrides = model.config_overrides,
                                              .weights = weights && !model.is_fresh(),
                                              .fresh_head = model.fresh_head});
  if (model.entry == config::ModelEntry::build_gpt2) {
    source.spec.init_rules.clear();  // upstream's function draws all weights alike
  }
  return source;
}

RunModel load_run_model(const config::Recipe& recipe) {
  const auto device = device_from_name(recipe.dist_env.device);
  check(recipe.distributed.activation_checkpointing || device.is_cpu(), ErrorKind::unsupported,
        "distributed.activation_checkpointing: auto is possible on a CPU only, whose memory is "
        "known; use off, selective or full on {}",
        device.str());
  auto source = open_run_source(recipe.model);
  check_task(recipe.model, source.spec);
  name_classes(recipe, source);
  set_trained_text(recipe, source);
  source.spec = with_router_training(std::move(source.spec), recipe);
  const auto storage = storage_dtype(recipe.model, source);
  const auto compute = train::resolve_compute_dtype(recipe.model.compute_dtype, storage,
                                                    train::has_bfloat16(device));
  auto parameters = make_parameters(recipe, source, storage);
  std::optional<train::LoraReport> lora;
  if (recipe.peft) {
    lora = train::attach_lora(parameters, source.modules, *recipe.peft,
                              static_cast<std::uint64_t>(recipe.seed));
    train::train_class_head(parameters, source.spec);
    if (const auto& begun = recipe.peft->adapter_name_or_path) {
      const ErrorContext context("peft.adapter_name_or_path");
      checkpoint::begin_with_adapter(models::find_model(*begun), source, parameters);
    }
  } else {
    train::train_all(parameters);
  }
  const auto recompute = recipe.distributed.activation_checkpointing.value_or(Recompute::off);
  parallel::ShardedModel model(
      source.spec, std::move(parameters),
      {.compute = compute.dtype, .recompute = recompute, .device = device});
  return {std::move(source), storage, compute, std::move(lora), std::move(model)};
}

}  // namespace automodel::recipes
