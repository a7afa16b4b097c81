#pragma once
// The results of a run that was killed between its last checkpoint and the writing of them.

#include "recipes/finetune/run_data.h"
#include "recipes/finetune/run_model.h"
#include "recipes/finetune/run_summary.h"

namespace automodel::recipes {

/// Sums over the lines of a training.jsonl of steps before `end_step`; a line that was cut off
/// counts as none. Throws Error(corrupt_data) for one of other types.
RunTotals logged_totals(const std::filesystem::path& log, std::int64_t end_step);

/// For a run that was over at `end_step` when it was restored: completes its manifest if that has
/// no results yet, with those that its log tells, and tells those who watch that it is over. What
/// is returned tells the user what went wrong with them. Throws Error(io).
std::vector<std::string> complete_results(const config::Recipe& recipe, const RunModel& run,
                                          const RunData& data, std::int64_t end_step);

}  // namespace automodel::recipes
