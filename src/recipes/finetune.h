#pragma once
// Fine-tuning and pre-training of causal language models.

#include "base/exit_code.h"
#include "config/load.h"

namespace automodel::recipes {

/// Trains as the recipe says: from the model and the data to checkpoints and exports in
/// checkpoint.checkpoint_dir. Tells plan, progress and result on stdout. Goes on from a checkpoint
/// where the recipe allows it, bit for bit.
/// Returns interrupted if a signal stopped it and a checkpoint is there to go on from, failure if
/// none is. Throws Error, of kind interrupted if the signal came while the data were prepared.
ExitCode run_finetune(const config::LoadedRecipe& loaded);

}  // namespace automodel::recipes
