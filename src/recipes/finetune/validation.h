#pragma once
// Measuring the model on the validation sets, and the log of it.

#include <map>
#include <optional>
#include <string>

#include "config/recipe.h"
#include "recipes/finetune/run_data.h"
#include "recipes/finetune/watchers.h"
#include "train/metrics.h"
#include "train/progress.h"

namespace automodel::recipes {

class Validation {
 public:
  /// Logs go to <folder>/validation.jsonl, or validation_NAME.jsonl for a section
  /// validation_dataset_NAME; lines of steps from `first_step` on are dropped.
  Validation(const config::Recipe& recipe, const RunData& data, std::int64_t first_step);

  bool empty() const { return sets_.empty(); }

  /// Measures every set and tells the results, those who watch the run as well. `step` is the last
  /// one done, -1 before the first. Returns the loss of the only set, or of the one that
  /// checkpoint.best_metric_key names, if there is one.
  std::optional<double> run(const parallel::ShardedModel& model, const train::ValidationMetrics& at,
                            Watchers& watchers, train::Progress& progress);

  /// "exact match on held-out rows: 0.012 -> 0.845 (loss 3.1 -> 0.2)", or "loss on held-out rows:
  /// 3.1 -> 2.4" if no row was ever right, or "accuracy on ..." of a classifier, for each set that
  /// was measured more than once, in this run or before a restart.
  std::vector<std::string> gains() const;

 private:
  struct Set {
    const data::Dataset* rows;
    std::int64_t batch_size;
    std::filesystem::path path;
    train::JsonLines log;
  };
  std::map<std::string, Set> sets_;
  std::string best_;
};

}  // namespace automodel::recipes
