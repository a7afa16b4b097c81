#pragma once
// A file that is being downloaded, in several attempts if need be.

#include <filesystem>
#include <string_view>

#include "hub/digest.h"
#include "hub/listing.h"

namespace automodel::hub {

/// What has arrived of a file, kept on disk so that another attempt, also of a later process, goes
/// on where this one stopped; and the hash of it.
class PartialFile {
 public:
  /// Goes on with what lies at `path`, if anything. Throws Error(io).
  PartialFile(std::filesystem::path path, RepoFile file);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  std::int64_t size() const { return size_; }
  /// Starts anew.
  void clear();
  /// Throws Error(io), which says what to do if the disk is full; Error(corrupt_data) if it is more
  /// than the file has.
  void append(std::string_view bytes);
  /// True if all has arrived and its hash is right; then it is under `name`, safely on disk.
  /// Nothing may be appended afterwards, except after clear().
  bool finish(const std::filesystem::path& name);

 private:
  void read_existing();

  std::filesystem::path path_;
  RepoFile file_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
  Digest digest_;
};

}  // namespace automodel::hub
