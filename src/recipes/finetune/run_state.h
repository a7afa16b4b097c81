#pragma once
// Everything of a run that a restart needs, and its way into a checkpoint and back.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/store.h"
#include "config/load.h"
#include "data/batch_plan.h"
#include "recipes/finetune/run_model.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace automodel::recipes {

struct RunState {
  RunModel& run;
  train::Optimizer& optimizer;
  config::RateSchedule schedule;
  data::LoaderState loader;
  std::int64_t next_step = 0;
  /// What the state means something for: ground_of.
  Json ground = Json::object();

  /// All but the trained parameters.
  std::vector<checkpoint::StateItem> items();
};

/// After a restore: the schedule of the checkpoint goes on, or the recipe's, `planned` for all
/// steps of the run, as the recipe wants where they differ. Source: Megatron's
/// OptimizerParamScheduler.
/// Returns what the user should know. Throws Error(invalid_argument) if the recipe wants neither.
std::vector<std::string> settle_schedule(const config::Recipe& recipe,
                                         const config::RateSchedule& planned, RunState& state);

/// What is known when a checkpoint is written.
struct SaveMoment {
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  bool is_final = false;
  std::optional<checkpoint::ValidationLoss> validation_loss = std::nullopt;
  /// "train_loss" of the step, and what was measured behind it as Validation::losses has it.
  Json losses = Json::object();
};

/// As it was when this checkpoint, a run's last, was written.
SaveMoment last_moment(const std::filesystem::path& checkpoint);

/// The checkpoints of a run and the lock of its folder, <checkpoint_dir>/epoch_E_step_S/:
///   config.yaml                              the effective recipe
///   losses.json                              of its step, as upstream writes it
///   model/                                   the trained parameters: a PEFT adapter, or weights
///   model/consolidated/                      the whole model as a Hugging Face folder, if wanted
///   optim/ lr_scheduler/ dataloader/ step_scheduler/   what continues the run bit for bit
class RunCheckpoints {
 public:
  /// Throws as checkpoint::CheckpointStore; where checkpoints are disabled as hold_for_logs.
  explicit RunCheckpoints(const config::LoadedRecipe& loaded);

  /// There is nothing to restore from: neither a checkpoint nor the name of one.
  bool begins() const;

  struct Restored {
    std::optional<std::filesystem::path> path;
    std::vector<std::string> notes;  // for the user
  };
  /// Restores by checkpoint.restore_from. Throws Error if the checkpoint does not fit the run, also
  /// if its adapter was trained beside another base. Other data, settings or configuration than the
  /// checkpoint's are notes.
  Restored restore(RunState& state);

  /// checkpoint::CheckpointStore::compare_sets; nothing if checkpoints are disabled.
  std::vector<std::string> compare_sets(const Json& validation_set) const;

  /// Nothing if checkpoints are disabled. Throws Error(io).
  std::optional<checkpoint::SaveResult> save(RunState& state, const SaveMoment& moment);

  /// For a run that was over when it was restored from `path`: saves it again if the recipe wants
  /// a whole model beside the last checkpoint and there is none. Throws Error(io).
  std::optional<checkpoint::SaveResult> save_missing_model(RunState& state,
                                                           const std::filesystem::path& path);

 private:
  void write_model(const std::filesystem::path& folder, const RunModel& run,
                   const SaveMoment& moment) const;

  const config::LoadedRecipe& loaded_;
  std::optional<checkpoint::CheckpointStore> store_;  // none: checkpoints are disabled
  std::unique_ptr<FileLock> lock_;                    // then of the logs
  std::optional<std::string> restore_from_;           // where the run began
};

}  // namespace automodel::recipes
