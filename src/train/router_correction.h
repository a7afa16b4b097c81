#pragma once
// Balance without a loss: the correction of each expert, which takes part in the router's choice
// only, follows how often it was chosen.

#include "parallel/sharded_model.h"

namespace automodel::train {

/// After an optimizer step adds step * sign(mean load - load) to the correction of each expert, in
/// every layer whose spec has such a step; load: tokens of the whole step that went to the expert.
/// Source: DeepSeek-V3 (Liu et al. 2024), section 2.1.2; upstream's Gate.update_bias.
void step_corrections(parallel::ShardedModel& model, const nn::RouterReport& routers);

}  // namespace automodel::train
