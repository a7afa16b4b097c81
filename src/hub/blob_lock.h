#pragma once
// One process at a time downloads a content.

#include <filesystem>
#include <functional>

namespace automodel::hub {

/// The lock that huggingface_hub takes as well; held as long as the object lives, and released by
/// the kernel if the process dies.
class BlobLock {
 public:
  /// Waits for it; `on_wait` is called once if another process holds it.
  /// Throws Error(io) if the file cannot be written.
  BlobLock(const std::filesystem::path& file, const std::function<void()>& on_wait);
  ~BlobLock();
  BlobLock(const BlobLock&) = delete;
  BlobLock& operator=(const BlobLock&) = delete;

  /// False on a file system without locks: others may download the same.
  bool held() const { return held_; }

 private:
  int descriptor_;
  bool held_;
};

}  // namespace automodel::hub
