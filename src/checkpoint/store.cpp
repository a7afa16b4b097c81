#include "checkpoint/store.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/file.h"
#include "base/known.h"
#include "base/pointer.h"
#include "base/text.h"
#include "checkpoint/atomic_folder.h"
#include "checkpoint/lowest.h"
#include "checkpoint/pointer.h"
#include "checkpoint/signature.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

std::string checkpoint_name(std::int64_t epoch, std::int64_t step) {
  return fmt::format("epoch_{}_step_{}", epoch, step);
}

/// Points to the checkpoint; if there is none, a pointer that leads nowhere is removed.
void update_pointer(const fs::path& pointer, const Checkpoint* checkpoint) {
  if (checkpoint != nullptr) {
    point_to(pointer, checkpoint->path.filename().string());
  } else {
    remove_dangling(pointer);
  }
}

/// Whether the folder is named like one of a checkpoint, or of one whose replacing was cut short;
/// a copy that somebody keeps beside them under another name is neither.
bool is_named_so(const fs::path& folder) {
  const fs::path bare = fs::path(folder).replace_extension();
  const auto parts = split(bare.filename().string(), '_');
  const auto is_number = [](const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  };
  return (folder == bare || folder == replaced_name(bare)) && parts.size() == 4 &&
         parts[0] == "epoch" && is_number(parts[1]) && parts[2] == "step" && is_number(parts[3]);
}

/// A checkpoint of this program that is not as it was written.
struct Damaged {
  fs::path path;
  std::string fault;
};

/// What is named like checkpoints in a folder.
struct Found {
  std::vector<Checkpoint> whole;  // no file is missing or of another size; the newest first
  std::vector<Damaged> damaged;
  std::vector<fs::path> foreign;  // without a manifest
};

/// Files of the sizes that the manifest says.
Checkpoint open_quickly(const fs::path& folder) {
  Checkpoint checkpoint{.path = folder, .manifest = read_manifest(folder)};
  verify(folder, checkpoint.manifest, Thoroughness::sizes);
  return checkpoint;
}

bool is_whole(const fs::path& folder) {
  try {
    open_quickly(folder);
    return true;
  } catch (const Error&) {
    return false;
  }
}

Found look_into(const fs::path& folder) {
  Found found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory() || entry.is_symlink() || !is_named_so(entry.path())) {
      continue;
    }
    if (!fs::exists(entry.path() / kManifestFile)) {
      found.foreign.push_back(entry.path());
      continue;
    }
    try {
      found.whole.push_back(open_quickly(entry.path()));
    } catch (const Error& error) {
      found.damaged.push_back({entry.path(), error.message()});
    }
  }
  std::ranges::sort(found.whole, std::greater<>(), [](const Checkpoint& c) {
    return std::tuple(c.manifest.sequence, c.manifest.epoch, c.manifest.step);
  });
  std::ranges::sort(found.damaged, {}, &Damaged::path);
  std::ranges::sort(found.foreign);
  return found;
}

void write_content(const fs::path& folder, const SaveRequest& request) {
  write_file_atomic(folder / "config.yaml", request.config_yaml);
  if (!request.losses.empty()) {
    write_file_atomic(folder / kLossesFile, request.losses.dump() + "\n");
  }
  make_folders(folder / "model");
  request.write_model(folder / "model");
  for (const auto& item : request.state) {
    StateSaver saver;
    item.visit(saver);
    make_folders(folder / item.name);
    saver.finish(folder / item.name);
  }
}

/// A folder that has the name of the next checkpoint and is none of this program steps aside.
/// Returns what the user should know.
std::vector<std::string> put_aside(const fs::path& path) {
  if (!fs::exists(path) || fs::exists(path / kManifestFile)) {
    return {};
  }
  fs::path aside = path.string() + ".foreign";
  for (int number = 2; fs::exists(aside); ++number) {
    aside = fmt::format("{}.foreign{}", path.string(), number);
  }
  fs::rename(path, aside);
  return {fmt::format("{} was no checkpoint of this program; it is {} now", path.string(),
                      aside.filename().string())};
}

/// Checkpoints whose replacing was cut short: one whose name is free takes it again, one whose
/// follower is whole goes. One beside a damaged follower stays and counts by its own name.
void settle_replaced(const fs::path& folder) {
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path name = fs::path(entry.path()).replace_extension();
    if (entry.is_directory() && entry.path() == replaced_name(name) && is_named_so(name)) {
      names.push_back(name);
    }
  }
  for (const auto& name : names) {
    if (!fs::exists(name)) {
      fs::rename(replaced_name(name), name);
    } else if (is_whole(name)) {
      remove_folder(replaced_name(name));
    }
  }
}

}  // namespace

Checkpoint open_checkpoint(const fs::path& path) {
  const fs::path folder = follow_pointers(path);
  Checkpoint checkpoint{.path = fs::canonical(folder), .manifest = read_manifest(folder)};
  verify(checkpoint.path, checkpoint.manifest, Thoroughness::contents);
  return checkpoint;
}

CheckpointStore::CheckpointStore(StoreOptions options) : options_(std::move(options)) {
  make_folders(options_.folder);
  options_.folder = fs::canonical(options_.folder);
  lock_ = lock_folder(options_.folder);
  remove_unfinished(options_.folder);
  settle_replaced(options_.folder);
  for (const char* name : {kLatest, kLowest}) {
    check_is_pointer(options_.folder / name);
  }
  const fs::path latest = fs::weakly_canonical(follow_pointers(options_.folder / kLatest));
  const auto damaged = look_into(options_.folder).damaged;
  if (std::ranges::find(damaged, latest, &Damaged::path) == damaged.end()) {
    update_pointers();  // else LATEST goes on naming what it is asked for, and says what is wrong
  }
}

std::unique_ptr<FileLock> hold_for_logs(const fs::path& folder) {
  make_folders(folder);
  auto lock = lock_folder(folder);
  settle_replaced(folder);
  const auto found = look_into(folder);
  const fs::path first = !found.whole.empty()     ? found.whole.front().path
                         : !found.damaged.empty() ? found.damaged.front().path
                                                  : fs::path();
  check(first.empty(), ErrorKind::invalid_argument,
        "checkpoint.enabled is false, but {} holds checkpoints, e.g. {}: this run would not go on "
        "from them and would replace the logs of the run that made them. Choose another "
        "checkpoint.checkpoint_dir",
        folder.string(), first.filename().string());
  return lock;
}

std::vector<Checkpoint> CheckpointStore::list() const { return look_into(options_.folder).whole; }

std::vector<std::string> CheckpointStore::compare_sets(const Json& validation_set) const {
  return describe_other_set(list(), options_.signature, validation_set);
}

void CheckpointStore::update_pointers() const {
  const auto checkpoints = list();
  update_pointer(options_.folder / kLatest, checkpoints.empty() ? nullptr : &checkpoints.front());
  update_pointer(options_.folder / kLowest, lowest(checkpoints));
}

std::vector<std::string> CheckpointStore::remove_old() const {
  std::vector<std::string> warnings;
  if (!options_.max_recent) {
    return warnings;
  }
  const auto checkpoints = list();
  std::int64_t num_ours = 0;
  for (const auto& checkpoint : checkpoints) {
    const bool ours =
        signature_difference(options_.signature, checkpoint.manifest.signature).empty();
    num_ours += ours ? 1 : 0;
    if (!ours || num_ours <= *options_.max_recent ||
        is_lowest_of_its_set(checkpoints, checkpoint)) {
      continue;
    }
    try {
      remove_folder(checkpoint.path);
    } catch (const Error& error) {
      warnings.push_back(fmt::format("an old checkpoint stays: {}", error.message()));
    }
  }
  return warnings;
}

SaveResult CheckpointStore::save(const SaveRequest& request) {
  const fs::path path = options_.folder / checkpoint_name(request.epoch, request.step);
  const ErrorContext context("saving the checkpoint {}; earlier checkpoints are untouched",
                             path.string());
  auto warnings = remove_old();  // where an earlier run kept more, they make room for this one
  const auto before = list();
  AtomicFolder folder(path, Existing::replace);
  write_content(folder.work(), request);
  seal(folder.work(), {.epoch = request.epoch,
                       .step = request.step,
                       .sequence = before.empty() ? 0 : before.front().manifest.sequence + 1,
                       .validation_loss = request.validation_loss,
                       .signature = options_.signature,
                       .ground = request.ground,
                       .restore_from = request.restore_from,
                       .files = {}});
  std::ranges::move(put_aside(path), std::back_inserter(warnings));
  folder.commit();
  update_pointers();
  std::ranges::move(remove_old(), std::back_inserter(warnings));
  return {.path = path, .warnings = std::move(warnings)};
}

FindResult CheckpointStore::find(const std::optional<std::string>& restore_from) const {
  if (!restore_from) {
    return find_newest();
  }
  const auto began_there = [&](const Checkpoint& checkpoint) {
    return checkpoint.manifest.restore_from == restore_from &&
           signature_difference(options_.signature, checkpoint.manifest.signature).empty();
  };
  const auto checkpoints = list();
  if (*restore_from == kLatest && checkpoints.empty()) {
    auto none = find_newest();
    none.warnings.push_back(fmt::format(
        "checkpoint.restore_from: there is no checkpoint in {} yet, so the run begins anew",
        options_.folder.string()));
    return none;
  }
  if (*restore_from == kLatest || checkpoints.empty() || !began_there(checkpoints.front())) {
    return find_named(*restore_from);
  }
  auto newest = find_newest();
  if (!began_there(known(newest.checkpoint))) {
    return find_named(*restore_from);
  }
  newest.warnings.push_back(fmt::format(
      "this run began at checkpoint.restore_from ({}) earlier and goes on from its own newest "
      "checkpoint. To begin there again choose another checkpoint.checkpoint_dir",
      *restore_from));
  return newest;
}

FindResult CheckpointStore::find_newest() const {
  FindResult result;
  const Found found = look_into(options_.folder);
  for (const auto& path : found.foreign) {
    result.warnings.push_back(fmt::format(
        "{} is not a complete checkpoint of this program and is ignored", path.string()));
  }
  std::string first_fault;
  for (const auto& damaged : found.damaged) {
    first_fault = first_fault.empty() ? damaged.fault : first_fault;
    result.warnings.push_back(damaged.fault + "; that checkpoint is left out");
  }
  for (const auto& candidate : found.whole) {
    const auto difference = signature_difference(options_.signature, candidate.manifest.signature);
    check(difference.empty(), ErrorKind::invalid_argument,
          "{} was made for another model ({}). To train anew choose another "
          "checkpoint.checkpoint_dir: here the new run would replace the old one. To go on from it "
          "all the same name it in checkpoint.restore_from",
          candidate.path.string(), difference);
    try {
      result.checkpoint = open_checkpoint(candidate.path);
      return result;
    } catch (const Error& error) {
      first_fault = first_fault.empty() ? error.message() : first_fault;
      result.warnings.push_back(
          fmt::format("{}; going back to the checkpoint before it", error.message()));
    }
  }
  const auto count = found.whole.size() + found.damaged.size();
  check(count == 0, ErrorKind::corrupt_data,
        "none of the {} checkpoints in {} is whole: {}. To train anew choose another "
        "checkpoint.checkpoint_dir, or move this folder away: the new run would remove what is "
        "left",
        count, options_.folder.string(), first_fault);
  return result;
}

FindResult CheckpointStore::find_named(const std::string& name) const {
  const fs::path inside = options_.folder / name;
  const fs::path path =
      follow_pointers(fs::exists(follow_pointers(inside)) ? inside : fs::path(name));
  if (!fs::is_directory(path)) {
    std::vector<std::string> names;
    std::ranges::transform(list(), std::back_inserter(names),
                           [](const Checkpoint& c) { return c.path.filename().string(); });
    fail(ErrorKind::not_found,
         "checkpoint.restore_from: there is no checkpoint '{}' in {}, and no such folder; there {}",
         name, options_.folder.string(), names.empty() ? "is none" : "is " + join(names, ", "));
  }
  FindResult result{.checkpoint = open_checkpoint(path), .begins_anew = true, .warnings = {}};
  const auto difference =
      signature_difference(options_.signature, result.checkpoint->manifest.signature);
  if (!difference.empty()) {
    result.warnings.push_back(
        fmt::format("{} was made for another model ({})", path.string(), difference));
  }
  return result;
}

void restore_state(const Checkpoint& checkpoint, const std::vector<StateItem>& items) {
  const ErrorContext context("restoring the checkpoint {}", checkpoint.path.string());
  for (const auto& item : items) {
    check(fs::is_directory(checkpoint.path / item.name), ErrorKind::not_found,
          "the checkpoint has no state '{}', which this run needs", item.name);
    StateRestorer restorer(checkpoint.path / item.name);
    item.visit(restorer);
    restorer.finish();
  }
}

}  // namespace automodel::checkpoint
