#pragma once
// Finding out why a step is not a number.

#include <span>
#include <string>

#include "parallel/sharded_model.h"

namespace automodel::train {

/// Where numbers stop being finite after a step whose loss or gradient norm is not: a weight, the
/// output of a layer of one of the micro-batches, or a gradient (the one nearest the loss), by
/// name.
std::string explain_non_finite(const parallel::ShardedModel& model,
                               std::span<const nn::Tokens> micro_batches);

/// Throws Error(invalid_argument) with the first trained weight that is not finite after step
/// `step`.
void check_finite_weights(const nn::Parameters& parameters, std::int64_t step);

}  // namespace automodel::train
