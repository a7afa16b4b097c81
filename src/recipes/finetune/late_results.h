#pragma once
// What a run leaves open that ends between its last checkpoint and its results: it was killed, or
// its last validation met a row that cannot be used.

#include <filesystem>
#include <functional>
#include <optional>

#include "recipes/finetune/run_data.h"
#include "recipes/finetune/run_state.h"
#include "recipes/finetune/run_summary.h"
#include "train/progress.h"

namespace automodel::recipes {

/// Sums over the lines of a training.jsonl of steps before `end_step`; a line that was cut off
/// counts as none. Throws Error(corrupt_data) for one of other types.
RunTotals logged_totals(const std::filesystem::path& log, std::int64_t end_step);

/// For a run that was over when it was restored from `checkpoint`: makes the validation behind its
/// last step if that was not made, until it is to stop; completes its manifest if that has no
/// results yet, with those that its log tells; tells those who watch that it is over. Returns what
/// the checkpoint is to say if something was measured. Throws Error(io), and as Validation::run.
std::optional<SaveMoment> complete_results(const config::Recipe& recipe, const RunData& data,
                                           const RunState& state,
                                           const std::filesystem::path& checkpoint,
                                           const std::function<bool()>& stops,
                                           train::Progress& progress);

}  // namespace automodel::recipes
