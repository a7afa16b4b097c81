#pragma once
// Which checkpoints are the best: validation losses are compared only where they were measured on
// one set, of one model.

#include <string>
#include <vector>

#include "checkpoint/store.h"

namespace automodel::checkpoint {

/// The first one of the lowest loss among those that can be compared with the newest measured one
/// of the newest one's model; null if none was measured.
const Checkpoint* lowest(const std::vector<Checkpoint>& newest_first);

/// Whether none of those that can be compared with it has a lower loss, or had the same before.
bool is_lowest_of_its_set(const std::vector<Checkpoint>& newest_first,
                          const Checkpoint& checkpoint);

/// What a run that goes on with `validation_set` should know of the losses in checkpoints of its
/// model: empty if the newest is of that set, if there is none, or if the run measures none (null).
std::vector<std::string> describe_other_set(const std::vector<Checkpoint>& newest_first,
                                            const Json& signature, const Json& validation_set);

}  // namespace automodel::checkpoint
