#pragma once
// The checkpoints of a run: <folder>/epoch_E_step_S/, with LATEST and LOWEST_VAL pointing to two of
// them (checkpoint/pointer.h). A checkpoint appears in one step when everything in it is on disk
// and was read back, so that a process killed at any moment leaves the last good one and nothing
// that looks complete and is not.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/folder_lock.h"
#include "checkpoint/manifest.h"
#include "tensor/state.h"

namespace automodel::checkpoint {

struct StoreOptions {
  std::filesystem::path folder;
  std::optional<std::int64_t> max_recent;  // older ones go, but the best of each validation set
  Json signature = Json::object();         // model_signature() of this run
};

/// One complete checkpoint.
struct Checkpoint {
  std::filesystem::path path;
  Manifest manifest;
};

/// One object that must survive a restart.
struct StateItem {
  std::string
      name;  // its folder inside the checkpoint: "optim", "dataloader", "step_scheduler" ...
  std::function<void(StateVisitor&)> visit;
};

struct SaveRequest {
  std::int64_t epoch = 0;
  std::int64_t step = 0;
  /// What the state means something for, e.g. the rows whose order its position counts.
  Json ground = Json::object();
  std::optional<std::string> restore_from;        // of the recipe, where the run began there
  std::optional<ValidationLoss> validation_loss;  // none or not finite: not measured
  Json losses = Json::object();                   // stored as losses.json, if there are any
  std::string config_yaml;  // the recipe with its overrides; stored as config.yaml
  /// Fills the checkpoint's folder model/, e.g. with write_model_state.
  std::function<void(const std::filesystem::path&)> write_model;
  std::vector<StateItem> state;
};

struct SaveResult {
  std::filesystem::path path;
  std::vector<std::string> warnings;  // e.g. an old checkpoint that could not be removed
};

struct FindResult {
  std::optional<Checkpoint> checkpoint;  // none: start afresh
  bool begins_anew = false;           // it was asked for, and this run did not begin there before
  std::vector<std::string> warnings;  // for the user
};

/// Reads a checkpoint's manifest and compares its files with it. Throws Error(not_found) if it is
/// none, Error(corrupt_data) if one is damaged.
Checkpoint open_checkpoint(const std::filesystem::path& path);

/// For a run that saves no checkpoints: makes and locks the folder of its logs. Throws Error(io),
/// Error(invalid_argument) if another run holds the folder, or if it has checkpoints: the logs
/// there are those of their run.
std::unique_ptr<FileLock> hold_for_logs(const std::filesystem::path& folder);

class CheckpointStore {
 public:
  /// Makes and locks the folder, removes or settles what killed saves left, and repairs LATEST and
  /// LOWEST_VAL.
  /// Throws Error(io), or Error(invalid_argument) if another run holds the folder or a folder has
  /// the name of one of the two.
  explicit CheckpointStore(StoreOptions options);

  /// Writes epoch_<epoch>_step_<step>, replacing one of that name; what is there and is no
  /// checkpoint of this program becomes epoch_<epoch>_step_<step>.foreign. Throws what the
  /// request's functions throw and Error(io): then nothing has changed.
  SaveResult save(const SaveRequest& request);

  /// What a recipe's checkpoint.restore_from means. Null: the newest checkpoint whose files are
  /// undamaged; none if there is no checkpoint. "LATEST" (as null if there is none), "LOWEST_VAL",
  /// a folder's name here, or a path: that one; another signature is a warning. But if the newest
  /// checkpoint is of a run that began there and has this signature, the run is being repeated and
  /// goes on from it. Throws Error(not_found) with the names that exist, Error(corrupt_data) if a
  /// named one is damaged; and, because a run that began anew would replace and remove what is
  /// here, Error(invalid_argument) if the newest checkpoint was made by a run of another signature,
  /// Error(corrupt_data) if all are damaged.
  FindResult find(const std::optional<std::string>& restore_from) const;

  /// Of a run whose losses are of `validation_set` from now on: what the user should know if those
  /// here are of another.
  std::vector<std::string> compare_sets(const Json& validation_set) const;

  /// Complete checkpoints, newest first.
  std::vector<Checkpoint> list() const;

 private:
  FindResult find_newest() const;
  FindResult find_named(const std::string& name) const;
  void update_pointers() const;
  std::vector<std::string> remove_old() const;

  StoreOptions options_;
  std::unique_ptr<FileLock> lock_;
};

/// Restores every item from the checkpoint that holds it, bit for bit. Throws Error(corrupt_data |
/// not_found) as StateRestorer, also for an item that was not saved.
void restore_state(const Checkpoint& checkpoint, const std::vector<StateItem>& items);

}  // namespace automodel::checkpoint
