#pragma once
// A file or folder that at most one process holds.

#include <filesystem>
#include <string>
#include <string_view>

namespace automodel {

/// Held from try_take() or take() on as long as the object lives; the kernel releases it if the
/// process dies, however it dies. huggingface_hub locks in the same way.
class FileLock {
 public:
  /// Makes the file where neither it nor such a folder is there; nobody holds it by that. Throws
  /// Error(io) that ends with `advice` if it cannot be written.
  FileLock(std::filesystem::path file, std::string_view advice);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// False if another process holds it. On a file system without locks nobody does.
  bool try_take();
  /// Waits until no other process holds it.
  void take();
  /// False before it is taken, and on a file system without locks: others may do the same.
  bool held() const { return held_; }
  /// Replaces the content; not for a folder. Throws as the constructor does.
  void write(std::string_view content);

 private:
  void check_written(bool ok) const;

  std::filesystem::path file_;
  std::string advice_;
  int descriptor_;
  bool held_ = false;
};

}  // namespace automodel
