#pragma once
// One step of a run, from the loader to the updated weights.

#include "data/loader.h"
#include "recipes/finetune/run_state.h"
#include "train/metrics.h"

namespace automodel::recipes {

train::StepOptions step_options(const config::Recipe& recipe);

struct RunStep {
  data::Step batch;
  train::StepMetrics metrics;
};

/// The step's line of training.jsonl.
Json log_line(const config::Recipe& recipe, const train::StepMetrics& metrics);

/// Takes the next rows and trains on them; `state` is then that of the next step. Throws as
/// Loader::next and train_step.
RunStep run_step(RunState& state, data::Loader& loader, const train::StepOptions& options);

}  // namespace automodel::recipes
