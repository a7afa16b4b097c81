#pragma once
// Files: whole reads, read-only maps, and writes that either happen completely or not at all.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file_lock.h"

namespace automodel {

/// The whole file as bytes. Throws Error(not_found | io).
std::string read_file(const std::filesystem::path& path);

/// Writes `bytes` to a temporary name beside `path`, syncs it to disk and renames it over `path`.
/// Readers see the old file or the new one, never a part. Throws Error(io).
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

/// Whether `name`, taken from elsewhere, names something below the folder that it is looked up in:
/// it is relative, has no ".." and ends in a file's name.
bool stays_inside(const std::filesystem::path& name);

/// The same of one file or folder in it.
bool is_file_name(const std::string& name);

/// Flushes a file or a directory's entries to disk. Throws Error(io).
void sync_path(const std::filesystem::path& path);

/// A read-only memory map of a whole file; empty files give an empty span.
class MappedFile {
 public:
  /// Throws Error(not_found | io).
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  const std::filesystem::path& path() const { return path_; }

  /// What was read stops counting as this process's memory; it comes back when it is read again.
  void release_pages() const;

 private:
  friend class OutputFile;
  MappedFile(std::filesystem::path path, int descriptor);

  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A file descriptor for sequential writing with every error checked (full disk included).
class OutputFile {
 public:
  /// Creates or truncates `path`. Throws Error(io).
  explicit OutputFile(const std::filesystem::path& path);
  /// A new file on the disk of `folder`, for reading by map(). It has no name, so that it is gone
  /// with this, its maps and the process, however that ends. Throws Error(io).
  static OutputFile without_name(const std::filesystem::path& folder);
  /// Closes without syncing; errors are lost, so call close() on the good path.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  /// Syncs to disk and closes. Throws Error(io).
  void close();
  /// What was written so far. Throws Error(io).
  MappedFile map() const { return {path_, descriptor_}; }

 private:
  OutputFile(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  int descriptor_;
};

/// Removes a file, or a folder with all that it holds; links themselves, not what they lead to.
/// Nothing there is no error, also where another process or thread removes or renames some of it
/// meanwhile. std::filesystem::remove_all is not used since LibTorch exports an old
/// copy of it, which crashes beside newer C++ libraries.
std::error_code remove_tree(const std::filesystem::path& path);

/// A file that appears under its name only when complete: written beside it, synced, then renamed
/// over it. Without commit() the old file, if any, stays as it was and nothing new is left; what a
/// killed process left is removed by the next one for this path.
class AtomicFile {
 public:
  /// Throws Error(io).
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws Error(io), also when the disk is full.
  void write(std::string_view bytes);
  /// Throws Error(io).
  void commit();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::unique_ptr<FileLock> hold_;  // of temporary_, so that nobody else writes or removes it
  std::unique_ptr<OutputFile> file_;
  bool committed_ = false;
};

/// Removes what killed processes left of AtomicFiles in `folder`, under whatever names.
void remove_abandoned_files(const std::filesystem::path& folder);

}  // namespace automodel
