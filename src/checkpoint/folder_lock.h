#pragma once
// At most one process writes into a folder.

#include <filesystem>

namespace automodel::checkpoint {

/// Held as long as the object lives; the kernel releases it if the process dies, however it dies.
class FolderLock {
 public:
  /// Locks `folder`/.lock. Throws Error(invalid_argument) that names the process which holds it,
  /// Error(io) if nothing can be written there. On file systems without locks it locks nothing.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace automodel::checkpoint
