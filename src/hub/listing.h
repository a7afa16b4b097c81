#pragma once
// The files of a repository at one commit, as the hub's API lists them and as huggingface_hub keeps
// them (trees/COMMIT.json in the repository's folder).

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/digest.h"

namespace automodel::hub {

struct RepoFile {
  std::string path;  // relative, with slashes; never leads out of its folder
  std::int64_t size = 0;
  std::string blob_id;   // SHA-1 of what git holds: the content, or the pointer to it
  std::string sha256;    // of the content if git holds a pointer (LFS); else empty
  std::string xet_hash;  // of the hub's other storage; kept for huggingface_hub

  /// The content's hash, which is also its name in blobs/.
  const std::string& hash() const { return sha256.empty() ? blob_id : sha256; }
  DigestKind hash_kind() const {
    return sha256.empty() ? DigestKind::git_blob : DigestKind::sha256;
  }
  bool operator==(const RepoFile&) const = default;
};

/// The commit in the answer of /api/models/ID/revision/REVISION.
/// Throws Error(corrupt_data) if there is none.
std::string parse_commit(std::string_view json, std::string_view source);

/// The names of branches and tags in the answer of /api/models/ID/refs, as far as they can be
/// shown. Throws Error(corrupt_data) for what is no JSON.
std::vector<std::string> parse_references(std::string_view json, std::string_view source);

/// The files of one page of /api/models/ID/tree/COMMIT?recursive=true.
/// Throws Error(corrupt_data) for what is no such page, a path that leads out of its folder, a size
/// below 0 or a hash that is none.
std::vector<RepoFile> parse_tree_page(std::string_view json, std::string_view source);

/// The address of the next page in a Link header (RFC 8288); empty: this was the last.
std::string next_page(std::string_view link_header);

/// The content of trees/COMMIT.json.
std::string render_listing(const std::vector<RepoFile>& files);
/// Of trees/COMMIT.json; nothing if it is of another format. Throws as parse_tree_page.
std::optional<std::vector<RepoFile>> parse_listing(std::string_view json, std::string_view source);

}  // namespace automodel::hub
