#include "checkpoint/folder_lock.h"

#include <unistd.h>

#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace automodel::checkpoint {

std::unique_ptr<FileLock> lock_folder(const std::filesystem::path& folder) {
  const auto file = folder / ".lock";
  auto lock = std::make_unique<FileLock>(file, "Choose another folder");
  check(lock->try_take(), ErrorKind::invalid_argument,
        "another run (process {}) writes its checkpoints to {}; wait for it or choose another "
        "folder",
        trim(read_file(file)), folder.string());
  lock->write(std::to_string(::getpid()) + "\n");
  return lock;
}

}  // namespace automodel::checkpoint
