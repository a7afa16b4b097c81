#pragma once
// Everything of a run that a restart needs, and its way into a checkpoint and back.

#include <filesystem>
#include <optional>
#include <string>

#include "checkpoint/store.h"
#include "config/load.h"
#include "data/loader.h"
#include "recipes/run_model.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace automodel::recipes {

struct RunState {
  parallel::ShardedModel& model;
  train::Optimizer& optimizer;
  config::RateSchedule schedule;
  data::LoaderState loader;
  std::int64_t next_step = 0;

  void visit(StateVisitor& visitor);
};

/// What is known when a checkpoint is written.
struct SaveMoment {
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  bool is_final = false;
  double loss = 0;
  std::optional<double> validation_loss;
};

/// The checkpoints of a run: <checkpoint_dir>/epoch_E_step_S/ with
///   model/                adapter_config.json and adapter_model.safetensors of a LoRA run
///   model/consolidated/   the whole model as a Hugging Face folder, if wanted
///   optim/                what continues the run bit for bit
///   config.yaml           the effective recipe
///   losses.json
class RunCheckpoints {
 public:
  RunCheckpoints(const config::LoadedRecipe& loaded, const RunModel& run);

  /// Restores by checkpoint.restore_from. Returns what was restored and what the user should know.
  struct Restored {
    std::optional<std::filesystem::path> path;
    std::vector<std::string> notes;
  };
  Restored restore(RunState& state) const;

  /// Nothing if checkpoints are disabled.
  std::optional<checkpoint::SaveResult> save(RunState& state, const SaveMoment& moment);

 private:
  void write(const std::filesystem::path& folder, RunState& state, const SaveMoment& moment) const;
  void write_model(const std::filesystem::path& folder, const SaveMoment& moment) const;
  bool wants_whole_model(const SaveMoment& moment) const;

  const config::LoadedRecipe& loaded_;
  const RunModel& run_;
  std::optional<checkpoint::CheckpointStore> store_;
};

}  // namespace automodel::recipes
