#pragma once
// Whether the run's checkpoints will find room on their disk.

#include <cstdint>
#include <string>
#include <vector>

#include "config/step_plan.h"
#include "recipes/finetune/run_model.h"
#include "train/optimizer.h"

namespace automodel::recipes {

/// What a run will write, by its tensors; the small files beside them do not count.
struct DiskNeed {
  std::int64_t num_checkpoints = 0;  // that lie beside each other at the fullest moment
  std::int64_t checkpoint_bytes = 0;
  std::int64_t merged_bytes = 0;  // of the merged model in the last one
  bool operator==(const DiskNeed&) const = default;
};

/// Of the steps from `next_step` on; nothing where checkpoints are disabled.
DiskNeed disk_need(const config::Recipe& recipe, const RunModel& run,
                   const train::Optimizer& optimizer, const config::StepPlan& plan,
                   std::int64_t next_step);

/// Warns if less is available on the disk of `folder`.
std::vector<std::string> check_disk(const DiskNeed& need, const std::string& folder,
                                    std::uint64_t available);

/// The same for what is available now.
std::vector<std::string> check_disk(const DiskNeed& need, const std::string& folder);

}  // namespace automodel::recipes
