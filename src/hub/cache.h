#pragma once
// Writing into the cache of huggingface_hub (base/hub_cache.h).

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/hub_cache.h"
#include "hub/listing.h"

namespace automodel::hub {

/// A repository's place in the cache at one commit. Functions that write throw Error(io) that says
/// which folder cannot be written.
class CachedRepo {
 public:
  CachedRepo(HubRepo repo, std::string commit);

  std::filesystem::path snapshot() const { return folder_ / "snapshots" / commit_; }
  std::filesystem::path blob(const RepoFile& file) const { return folder_ / "blobs" / file.hash(); }
  /// Held by whoever downloads the blob, huggingface_hub included.
  std::filesystem::path lock_file(const RepoFile& file) const;

  /// True if the snapshot leads to the file's content.
  bool has(const RepoFile& file) const;
  /// Makes the folders that files lie in, and marks the cache for programs that make backups.
  void make_folders() const;
  /// Makes the name in the snapshot lead to the blob.
  void link(const RepoFile& file) const;
  /// Notes that the revision is this commit.
  void write_reference() const;
  void write_listing(const std::vector<RepoFile>& files) const;
  /// Nothing if it was not kept or is damaged.
  std::optional<std::vector<RepoFile>> read_listing() const;

 private:
  std::filesystem::path listing_file() const { return folder_ / "trees" / (commit_ + ".json"); }

  HubRepo repo_;
  std::string commit_;
  std::filesystem::path folder_;
};

}  // namespace automodel::hub
