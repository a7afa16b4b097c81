#pragma once
// Measuring the model on the validation sets, and the log of it.

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "checkpoint/manifest.h"
#include "config/recipe.h"
#include "recipes/finetune/run_data.h"
#include "recipes/finetune/watchers.h"
#include "train/metrics.h"
#include "train/progress.h"

namespace automodel::recipes {

class Validation {
 public:
  /// Logs go to <folder>/validation.jsonl, or validation_NAME.jsonl for a section
  /// validation_dataset_NAME; lines of steps from `first_step` on are dropped. `stops` says whether
  /// the run is to stop: what is being measured then is left out.
  Validation(
      const config::Recipe& recipe, const RunData& data, std::int64_t first_step,
      std::function<bool()> stops = [] { return false; });

  /// What identifies the set whose loss run() returns: its name, the number and checksum of its
  /// rows and the keys that say how they are read. Null if there is none.
  Json deciding_set() const;

  /// Measures every set, until the run is to stop, and tells the results, those who watch the run
  /// as well. `step` is the last one done, -1 before the first. Returns the loss of the only set,
  /// or of the one that checkpoint.best_metric_key names, if there is one that was measured.
  std::optional<checkpoint::ValidationLoss> run(const parallel::ShardedModel& model,
                                                const train::ValidationMetrics& at,
                                                Watchers& watchers, train::Progress& progress);

  /// The losses of each set that was measured behind this step, by its name; of the only one as
  /// "val_loss". As upstream has them in losses.json.
  Json losses(std::int64_t step) const;
  /// Whether these have one of each set.
  static bool are_whole(const Json& losses, const RunData& data);

  /// "exact match on held-out rows: 0.012 -> 0.845 (loss 3.1 -> 0.2)", or "loss on held-out rows:
  /// 3.1 -> 2.4" if no row was ever right, or "accuracy on ..." of a classifier, for each set that
  /// was measured more than once, in this run or before a restart; lines of other rows under its
  /// name do not count.
  std::vector<std::string> gains() const;

 private:
  struct Set {
    Json identity;  // deciding_set()
    const data::Dataset* rows;
    std::int64_t batch_size;
    std::filesystem::path path;
    train::JsonLines log;
    train::ValidationMetrics last = {};
  };
  bool decides(const std::string& name) const { return name == best_ || sets_.size() == 1; }

  std::map<std::string, Set> sets_;
  std::string best_;
  std::function<bool()> stops_;
};

}  // namespace automodel::recipes
