#include "hub/blob_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace automodel::hub {
namespace {

/// flock, again if a signal comes between.
bool lock(int descriptor, int how) {
  int result = 0;
  do {
    result = ::flock(descriptor, how);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

BlobLock::BlobLock(const std::filesystem::path& file, const std::function<void()>& on_wait)
    : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)), held_(false) {
  check(descriptor_ >= 0, ErrorKind::io,
        "cannot write {}: {}. Let HF_HOME name a folder that you may write to", file.string(),
        std::strerror(errno));
  held_ = lock(descriptor_, LOCK_EX | LOCK_NB);
  if (!held_ && errno == EWOULDBLOCK) {
    on_wait();
    held_ = lock(descriptor_, LOCK_EX);
  }
}

BlobLock::~BlobLock() { ::close(descriptor_); }

}  // namespace automodel::hub
