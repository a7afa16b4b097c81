#pragma once
// The parts of extract_recipe, one per section; each takes the section's checked JSON.

#include "base/json.h"
#include "config/recipe.h"

namespace automodel::config {

StepScheduler extract_step_scheduler(const Json& json);
Optimizer extract_optimizer(const Json& json);
LrScheduler extract_lr_scheduler(const Json& json);
LossFn extract_loss(const Json& json);
MoeMetrics extract_moe_metrics(const Json& json);
Checkpoint extract_checkpoint(const Json& json);
Distributed extract_distributed(const Json& json);
ModelSource extract_model(const Json& json);
Peft extract_peft(const Json& json);
/// `model_name` names the tokenizer where the section does not.
Dataset extract_dataset(const Json& json, const std::string& model_name);
/// `local_batch_size` is the batch size where the section gives none.
Dataloader extract_dataloader(const Json& json, std::int64_t local_batch_size);
PackedSequence extract_packed_sequence(const Json& json);

}  // namespace automodel::config
