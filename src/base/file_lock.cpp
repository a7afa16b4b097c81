#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"

namespace automodel {
namespace {

/// flock, again if a signal comes between.
bool lock(int descriptor, int how) {
  int result = 0;
  do {
    result = ::flock(descriptor, how);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

int open_to_lock(const std::filesystem::path& path) {
  return std::filesystem::is_directory(path)
             ? ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
             : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
}

}  // namespace

FileLock::FileLock(std::filesystem::path file, std::string_view advice)
    : file_(std::move(file)), advice_(advice), descriptor_(open_to_lock(file_)) {
  check_written(descriptor_ >= 0);
}

FileLock::~FileLock() { ::close(descriptor_); }

bool FileLock::try_take() {
  held_ = lock(descriptor_, LOCK_EX | LOCK_NB);
  return held_ || errno != EWOULDBLOCK;
}

void FileLock::take() { held_ = lock(descriptor_, LOCK_EX); }

void FileLock::write(std::string_view content) {
  check_written(::ftruncate(descriptor_, 0) == 0 &&
                ::pwrite(descriptor_, content.data(), content.size(), 0) ==
                    static_cast<ssize_t>(content.size()));
}

void FileLock::check_written(bool ok) const {
  check(ok, ErrorKind::io, "cannot write {}: {}. {}", file_.string(), std::strerror(errno),
        advice_);
}

}  // namespace automodel
