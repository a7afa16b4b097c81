#pragma once
// Tokens that a model was never trained on.

#include <string>
#include <vector>

#include "recipes/finetune/run_data.h"
#include "recipes/finetune/run_model.h"

namespace automodel::recipes {

/// "warning: ..." if the first rows hold tokens whose embedding is zero and is not trained, since
/// the run has adapters: those of a chat template on a base model, or ones that were added.
std::vector<std::string> unlearnt_tokens(const RunModel& run, const RunData& data);

}  // namespace automodel::recipes
