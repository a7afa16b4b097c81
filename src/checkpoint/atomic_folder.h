#pragma once
// A folder that appears under its name only when complete.

#include <filesystem>
#include <memory>

#include "base/file_lock.h"

namespace automodel::checkpoint {

enum class Existing {
  refuse,   // a folder of this name that is not empty is an error
  replace,  // it is swapped for the new one; in one step, where the file system can exchange names,
            // else by way of replaced_name()
};

/// Files are written into work(), a hidden folder beside `path`; commit() syncs them to disk and
/// renames it. Where an empty folder is to be filled, work() lies in it and the files appear there
/// one after the other at commit(). Without commit() nothing is left and an older folder stays as
/// it was; what a killed process leaves is a hidden folder, which the next one for this path
/// removes.
class AtomicFolder {
 public:
  /// Makes work() and the folders above it, and removes what killed processes left of the same
  /// (base/abandoned.h). Throws Error(invalid_argument) if `path` is in use and must not be
  /// replaced, or if another process writes it under this one's number; Error(io) if nothing can be
  /// written there.
  explicit AtomicFolder(const std::filesystem::path& path, Existing existing = Existing::refuse);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const std::filesystem::path& work() const { return work_; }
  /// Throws Error(io), or Error(invalid_argument) as the constructor.
  void commit();

 private:
  void swap_with_existing();
  void fill_existing();

  std::filesystem::path path_;
  std::filesystem::path work_;
  Existing existing_;
  std::unique_ptr<FileLock> hold_;  // of work_, so that no other process takes it for left
};

/// For a process that is about to end: removes what it has written for an AtomicFolder of this path
/// and not committed, while its other threads may be writing. A commit() that has begun to rename
/// ends first; from here on no AtomicFolder of the process is made or committed: they wait for its
/// end.
void abandon(const std::filesystem::path& path);

/// The hidden name beside `path` under which this process prepares what will get its name.
std::filesystem::path unfinished_name(const std::filesystem::path& path);

/// Beside `path`, where an older folder is for a moment on a file system that cannot exchange
/// names: a process killed then leaves it there, whole.
std::filesystem::path replaced_name(const std::filesystem::path& path);

/// Removes what dead processes left in `parent` under unfinished names; what a live one holds, such
/// as a `convert` into a folder beside the checkpoints, stays. Throws Error(io).
void remove_unfinished(const std::filesystem::path& parent);

/// Takes a folder out of sight by one rename, then removes it: a reader sees all of it or nothing.
/// Throws Error(io).
void remove_folder(const std::filesystem::path& folder);

/// create_directories with an Error(io) that says what to do.
void make_folders(const std::filesystem::path& folder);

}  // namespace automodel::checkpoint
