#include "base/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>

#include "base/abandoned.h"
#include "base/error.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_io(const char* action, const fs::path& path, int error) {
  const auto kind = error == ENOENT ? ErrorKind::not_found : ErrorKind::io;
  const char* advice = error == ENOSPC || error == EDQUOT
                           ? ". Free some space or choose another folder"
                       : error == EACCES ? ". Check the permissions"
                                         : "";
  fail(kind, "cannot {} {}: {}{}", action, path.string(), std::strerror(error), advice);
}

int open_or_fail(const fs::path& path, int flags, const char* action) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    fail_io(action, path, errno);
  }
  return descriptor;
}

struct Closer {
  int descriptor;
  ~Closer() { ::close(descriptor); }
};

std::size_t file_size(int descriptor, const fs::path& path) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) {
    fail_io("read", path, errno);
  }
  check(S_ISREG(status.st_mode), ErrorKind::io, "cannot read {}: it is not a regular file",
        path.string());
  return static_cast<std::size_t>(status.st_size);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

constexpr std::string_view kTemporary = ".tmp";

/// Before the number of the process that writes.
fs::path temporary_prefix(const fs::path& path) { return fs::path(path).concat(kTemporary); }

}  // namespace

std::string read_file(const fs::path& path) {
  const Closer file{open_or_fail(path, O_RDONLY, "read")};
  std::string bytes(file_size(file.descriptor, path), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count = ::read(file.descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      fail_io("read", path, errno);
    }
    check(count > 0, ErrorKind::io, "{} became shorter while it was read", path.string());
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

bool stays_inside(const std::filesystem::path& name) {
  const bool leaves = std::ranges::find(name, "..") != name.end();
  return name.is_relative() && !leaves && name.has_filename() && name.filename() != ".";
}

bool is_file_name(const std::string& name) {
  constexpr std::string_view kNever("/\0", 2);
  return stays_inside(name) && name.find_first_of(kNever) == std::string::npos;
}

void sync_path(const fs::path& path) {
  const Closer file{open_or_fail(path, O_RDONLY, "sync")};
  // Some file systems (shared folders of virtual machines, network drives) flush no folders, and
  // say so by EINVAL.
  if (::fsync(file.descriptor) != 0 && errno != EINVAL) {
    fail_io("sync", path, errno);
  }
}

MappedFile::MappedFile(const fs::path& path)
    : MappedFile(path, Closer{open_or_fail(path, O_RDONLY, "read")}.descriptor) {}

MappedFile::MappedFile(fs::path path, int descriptor)
    : path_(std::move(path)), size_(file_size(descriptor, path_)) {
  if (size_ == 0) {
    return;
  }
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
  if (address == MAP_FAILED) {
    fail_io("map", path_, errno);
  }
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) {
    ::munmap(const_cast<std::byte*>(data_), size_);
  }
}

void MappedFile::release_pages() const {
  if (data_ != nullptr) {
    // Only a hint: where it fails nothing is released.
    static_cast<void>(::madvise(const_cast<std::byte*>(data_), size_, MADV_DONTNEED));
  }
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

OutputFile::OutputFile(const fs::path& path)
    : path_(path), descriptor_(open_or_fail(path, O_WRONLY | O_CREAT | O_TRUNC, "write")) {}

OutputFile OutputFile::without_name(const fs::path& folder) {
  std::string name = (folder / "XXXXXX").string();
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) {
    fail_io("write", folder, errno);
  }
  ::unlink(name.c_str());
  return {folder, descriptor};
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      fail_io("write", path_, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void OutputFile::close() {
  if (::fsync(descriptor_) != 0) {
    fail_io("write", path_, errno);
  }
  if (::close(std::exchange(descriptor_, -1)) != 0) {
    fail_io("write", path_, errno);
  }
}

AtomicFile::AtomicFile(const fs::path& path) : path_(path) {
  std::error_code ignored;
  if (!fs::exists(folder_of(path_), ignored)) {
    fail_io("write", path_, ENOENT);
  }
  // In another container another process may have this one's number; more than these none has.
  constexpr pid_t kNumbers = 1 << 22, kMaxWriters = 100;
  for (pid_t number = ::getpid(); hold_ == nullptr; number += kNumbers) {
    check(number < kMaxWriters * kNumbers, ErrorKind::io, "{}: too many processes write this file",
          path.string());
    temporary_ = temporary_prefix(path).concat(std::to_string(number));
    auto lock = std::make_unique<FileLock>(temporary_, "Choose a folder that you may write to");
    if (lock->try_take()) {
      hold_ = std::move(lock);
    }
  }
  file_ = std::make_unique<OutputFile>(temporary_);
  remove_abandoned(folder_of(path_), temporary_prefix(path_).filename().string());
}

AtomicFile::~AtomicFile() {
  if (!committed_) {
    std::error_code ignored;
    fs::remove(temporary_, ignored);
  }
}

std::error_code remove_tree(const fs::path& path) {
  constexpr int kOpenFolders = 16;
  const auto remove_entry = [](const char* entry, const struct stat*, int, struct FTW*) {
    return ::remove(entry) == 0 || errno == ENOENT ? 0 : -1;  // another may remove it meanwhile
  };
  const bool removed =
      ::nftw(path.c_str(), remove_entry, kOpenFolders, FTW_DEPTH | FTW_PHYS) == 0 ||
      errno == ENOENT;
  return removed ? std::error_code() : std::error_code(errno, std::generic_category());
}

void remove_abandoned_files(const fs::path& folder) {
  std::set<std::string> prefixes;
  std::error_code ignored;  // of a folder that may be written but not read
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (const auto at = name.rfind(kTemporary); at != std::string::npos) {
      prefixes.insert(name.substr(0, at + kTemporary.size()));
    }
  }
  for (const std::string& prefix : prefixes) {
    remove_abandoned(folder, prefix);
  }
}

void AtomicFile::write(std::string_view bytes) { file_->write(bytes); }

void AtomicFile::commit() {
  file_->close();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail_io("write", path_, errno);
  }
  committed_ = true;
  sync_path(folder_of(path_));
}

}  // namespace automodel
