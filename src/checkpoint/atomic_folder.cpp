#include "checkpoint/atomic_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/abandoned.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".*.saving-*";
constexpr auto kAdvice = "Choose a folder that you may write to";

/// Absolute and without a trailing slash, so that it has a name and a parent.
fs::path normalised(const fs::path& path) {
  const fs::path absolute = fs::absolute(path).lexically_normal();
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

/// `ours` may lie in it. A link to nothing is in use.
void check_free(const fs::path& path, const fs::path& ours) {
  const auto is_ours = [&](const fs::directory_entry& entry) { return entry.path() == ours; };
  const bool free =
      !fs::exists(fs::symlink_status(path)) ||
      (fs::is_directory(path) && std::ranges::all_of(fs::directory_iterator(path), is_ours));
  check(free, ErrorKind::invalid_argument,
        "{} exists already and is not an empty folder; remove it or choose another name",
        path.string());
}

/// An empty folder that is there stays that folder: it may be a mount point, a link, or where the
/// user's shell is.
bool fills(const fs::path& path, Existing existing) {
  return existing == Existing::refuse && fs::is_directory(path);
}

[[noreturn]] void fail_rename(const fs::path& from, const fs::path& to, int error) {
  fail(ErrorKind::io, "cannot rename {} to {}: {}", from.string(), to.string(),
       std::strerror(error));
}

void rename_or_fail(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    fail_rename(from, to, errno);
  }
}

void sync_tree(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_symlink()) {
      sync_path(entry.path());
    }
  }
  sync_path(folder);
}

void remove_all_or_fail(const fs::path& path) {
  const auto error = remove_tree(path);
  check(!error, ErrorKind::io, "cannot remove {}: {}", path.string(), error.message());
}

std::string unfinished_prefix(const fs::path& path) {
  return fmt::format(".{}.saving-", path.filename().string());
}

/// Held while a folder is made or gets its name: in between, abandon() finds all of it.
std::mutex& appearing() {
  static std::mutex mutex;
  return mutex;
}

/// Whether somebody is writing an AtomicFolder's work; on a file system without locks nobody is.
bool is_held(const fs::path& work) {
  return fs::is_directory(work) && !FileLock(work, kAdvice).try_take();
}

}  // namespace

fs::path unfinished_name(const fs::path& path) {
  return path.parent_path() / fmt::format("{}{}", unfinished_prefix(path), ::getpid());
}

fs::path replaced_name(const fs::path& path) { return fs::path(path).concat(".replaced"); }

void abandon(const fs::path& path) {
  constexpr int kPasses = 1000;  // files may come while others are removed
  constexpr std::chrono::milliseconds kPause(1);
  appearing().lock();  // for good: from here on no folder is made or gets its name
  const fs::path name = normalised(path);
  for (const auto& work : {unfinished_name(name), unfinished_name(name / name.filename())}) {
    for (int i = 0; i < kPasses && remove_tree(work); ++i) {
      std::this_thread::sleep_for(kPause);
    }
  }
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  check(!error, ErrorKind::io, "cannot make the folder {}: {}. Choose one that you may write to",
        folder.string(), error.message());
}

AtomicFolder::AtomicFolder(const fs::path& path, Existing existing)
    : path_(normalised(path)),
      work_(unfinished_name(fills(path_, existing) ? path_ / path_.filename() : path_)),
      existing_(existing) {
  make_folders(work_.parent_path());
  remove_abandoned(work_.parent_path(), unfinished_prefix(path_));
  if (existing_ == Existing::refuse) {
    check_free(path_, work_);
  }
  // Another process may have this one's number where it runs.
  check(!is_held(work_), ErrorKind::invalid_argument,
        "another process is writing {}; wait for it or choose another name", path_.string());
  const std::scoped_lock lock(appearing());
  remove_all_or_fail(work_);
  make_folders(work_);
  hold_ = std::make_unique<FileLock>(work_, kAdvice);
  hold_->try_take();
}

AtomicFolder::~AtomicFolder() {
  // What cannot be removed is swept by the next save.
  [[maybe_unused]] const auto error = remove_tree(work_);
}

void AtomicFolder::swap_with_existing() {
  if (::renameat2(AT_FDCWD, work_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) {
    return;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    fail_rename(work_, path_, errno);
  }
  // Some file systems cannot exchange: killed in between, the old folder is whole beside its name.
  const fs::path aside = replaced_name(path_);
  remove_all_or_fail(aside);
  rename_or_fail(path_, aside);
  rename_or_fail(work_, path_);
  remove_all_or_fail(aside);
}

void AtomicFolder::fill_existing() {
  const std::vector<fs::directory_entry> entries(fs::directory_iterator(work_), {});
  for (const auto& entry : entries) {
    rename_or_fail(entry.path(), path_ / entry.path().filename());
  }
}

void AtomicFolder::commit() {
  sync_tree(work_);
  const std::scoped_lock lock(appearing());
  if (existing_ == Existing::refuse) {
    check_free(path_, work_);
  }
  if (work_.parent_path() == path_) {
    fill_existing();
  } else if (existing_ == Existing::replace && fs::exists(path_)) {
    swap_with_existing();
  } else {
    rename_or_fail(work_, path_);
  }
  sync_path(work_.parent_path());
  remove_all_or_fail(work_);
}

void remove_unfinished(const fs::path& parent) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(parent)) {
    if (matches_wildcard(entry.path().filename().string(), kUnfinished)) {
      found.push_back(entry.path());
    }
  }
  for (const auto& path : found) {
    if (!is_held(path)) {
      remove_all_or_fail(path);
    }
  }
}

void remove_folder(const fs::path& folder) {
  const fs::path path = normalised(folder);
  const fs::path hidden = unfinished_name(path);
  remove_all_or_fail(hidden);
  rename_or_fail(path, hidden);
  remove_all_or_fail(hidden);
}

}  // namespace automodel::checkpoint
