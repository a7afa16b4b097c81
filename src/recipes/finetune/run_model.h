#pragma once
// The model of a run: opened, loaded, its trained parameters chosen.

#include <optional>

#include "checkpoint/model_folder.h"
#include "config/recipe.h"
#include "parallel/sharded_model.h"
#include "train/compute_dtype.h"
#include "train/lora.h"

namespace automodel::recipes {

struct RunModel {
  checkpoint::ModelFolder source;
  at::ScalarType storage = at::kFloat;
  train::ComputeDtype compute;
  std::optional<train::LoraReport> lora;  // none: full fine-tuning
  parallel::ShardedModel model;
};

/// The model as the recipe names it: a folder, a name on the hub, or a configuration class. Throws
/// as checkpoint::open_model and models::folder_of_class.
checkpoint::ModelFolder open_run_source(const config::ModelSource& model, bool weights = true);

/// from_pretrained: the checkpoint's weights; from_config: fresh ones drawn from the recipe's seed.
/// With a section peft adapters are attached, fresh or as its adapter_name_or_path has them, and
/// all else is frozen. Throws as open_model, corpus::class_names, load_parameters, attach_lora and
/// begin_with_adapter; Error(unsupported) for other entries.
RunModel load_run_model(const config::Recipe& recipe);

}  // namespace automodel::recipes
