#include "checkpoint/pointer.h"

#include "base/error.h"
#include "base/file.h"
#include "base/pointer.h"
#include "checkpoint/atomic_folder.h"

namespace automodel::checkpoint {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> link_target(const fs::path& link) {
  std::error_code error;
  const auto target = fs::read_symlink(link, error);
  return error ? std::nullopt : std::optional(target.string());
}

/// A new link takes the old one's place in one step.
std::error_code replace_link(const fs::path& link, const std::string& target) {
  const fs::path fresh = unfinished_name(link);
  std::error_code error;
  fs::remove(fresh, error);
  if (!error) {
    fs::create_symlink(target, fresh, error);
  }
  if (!error) {
    fs::rename(fresh, link, error);
  }
  return error;
}

/// Of a link and a text file only the one that was written last stays.
void drop(const fs::path& outdated) {
  std::error_code ignored;
  fs::remove(outdated, ignored);
}

}  // namespace

std::optional<std::string> pointer_target(const fs::path& pointer) {
  const auto link = link_target(pointer);
  return link ? link : text_target(pointer);
}

void point_to(const fs::path& pointer, const std::string& target) {
  if (pointer_target(pointer) == target) {
    return;
  }
  if (const auto error = replace_link(pointer, target); !error) {
    drop(pointer_file(pointer));
  } else {
    const ErrorContext context("pointing {} to {} (a link is not possible: {})", pointer.string(),
                               target, error.message());
    write_file_atomic(pointer_file(pointer), target + "\n");
    drop(pointer);
  }
  sync_path(pointer.parent_path());
}

void remove_dangling(const fs::path& pointer) {
  const auto target = pointer_target(pointer);
  if (target && !fs::exists(pointer.parent_path() / *target)) {
    drop(pointer);
    drop(pointer_file(pointer));
  }
}

void check_is_pointer(const fs::path& pointer) {
  const auto status = fs::symlink_status(pointer);
  check(!fs::exists(status) || fs::is_symlink(status), ErrorKind::invalid_argument,
        "{} is no link, but a {} (as a copy that follows links makes it): a run keeps a link to "
        "one of its checkpoints there. Move it away",
        pointer.string(), fs::is_directory(status) ? "folder" : "file");
}

}  // namespace automodel::checkpoint
