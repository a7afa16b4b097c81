#include "checkpoint/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace automodel::checkpoint {

namespace fs = std::filesystem;

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path path = folder / ".lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  check(descriptor_ >= 0, ErrorKind::io, "cannot write to {}: {}. Choose another folder",
        folder.string(), std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    fail(ErrorKind::invalid_argument,
         "another run (process {}) writes its checkpoints to {}; wait for it or choose another "
         "folder",
         trim(read_file(path)), folder.string());
  }
  const std::string owner = std::to_string(::getpid()) + "\n";
  const bool written =
      ::ftruncate(descriptor_, 0) == 0 &&
      ::pwrite(descriptor_, owner.data(), owner.size(), 0) == static_cast<ssize_t>(owner.size());
  if (!written) {
    ::close(descriptor_);
    fail(ErrorKind::io, "cannot write to {}: {}. Choose another folder", path.string(),
         std::strerror(errno));
  }
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace automodel::checkpoint
