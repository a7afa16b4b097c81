#include "hub/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

[[noreturn]] void fail_io(const char* action, const fs::path& path, int error) {
  fail(ErrorKind::io, "cannot {} {}: {}{}", action, path.string(), std::strerror(error),
       error == ENOSPC || error == EDQUOT
           ? ". Free some space, or let HF_HOME name a folder on another disk; the same command "
             "goes on with what has arrived"
           : "");
}

}  // namespace

PartialFile::PartialFile(fs::path path, RepoFile file)
    : path_(std::move(path)), file_(std::move(file)), digest_(file_.hash_kind(), file_.size) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    fail_io("write", path_, errno);
  }
  read_existing();
}

PartialFile::~PartialFile() { ::close(descriptor_); }

void PartialFile::read_existing() {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0 || status.st_size > file_.size) {
    clear();
    return;
  }
  std::string piece(kPieceBytes, '\0');
  while (size_ < status.st_size) {
    const auto count = ::pread(descriptor_, piece.data(), piece.size(), size_);
    if (count <= 0) {
      fail_io("read", path_, count < 0 ? errno : EIO);
    }
    digest_.update({piece.data(), static_cast<std::size_t>(count)});
    size_ += count;
  }
}

void PartialFile::clear() {
  if (::ftruncate(descriptor_, 0) != 0) {
    fail_io("write", path_, errno);
  }
  size_ = 0;
  digest_ = Digest(file_.hash_kind(), file_.size);
}

void PartialFile::append(std::string_view bytes) {
  check(static_cast<std::int64_t>(bytes.size()) <= file_.size - size_, ErrorKind::corrupt_data,
        "the server sends more of {} than the {} that the repository lists", file_.path,
        human_bytes(static_cast<std::uint64_t>(file_.size)));
  digest_.update(bytes);
  while (!bytes.empty()) {  // where they belong: locks may hold nobody back (Lustre, some NFS)
    const auto count = ::pwrite(descriptor_, bytes.data(), bytes.size(), size_);
    if (count < 0 && errno != EINTR) {
      fail_io("write", path_, errno);
    }
    const auto written = std::max<ssize_t>(count, 0);
    size_ += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool PartialFile::finish(const fs::path& name) {
  if (size_ != file_.size || digest_.finish() != file_.hash()) {
    return false;
  }
  if (::fsync(descriptor_) != 0) {
    fail_io("write", path_, errno);
  }
  if (::rename(path_.c_str(), name.c_str()) != 0 && !fs::exists(name)) {
    fail_io("rename", path_, errno);
  }
  sync_path(name.parent_path());
  return true;
}

}  // namespace automodel::hub
