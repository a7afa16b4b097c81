#pragma once
// Where what was downloaded from Hugging Face's hub lies on this machine: the cache that
// huggingface_hub reads and writes. Nothing here uses the network.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace automodel {

enum class RepoKind { model, dataset };

/// One version of a repository on the hub.
struct HubRepo {
  RepoKind kind = RepoKind::model;
  std::string id;                 // "org/name", or "name" for the oldest ones
  std::string revision = "main";  // a branch, a tag or a commit
  bool operator==(const HubRepo&) const = default;
};

/// "model org/name (revision main)", for messages.
std::string to_string(const HubRepo& repo);

/// True for what can be the id of a repository. Source: huggingface_hub validate_repo_id.
bool is_hub_id(std::string_view name);

/// True for the whole name of a commit, which never means another version later.
bool is_commit(std::string_view revision);

/// True for an id that is no path here and does not end as data files do: it means a data set of
/// the hub.
bool names_hub_dataset(const std::string& name);

/// HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else hub/ in hub_home().
std::filesystem::path hub_cache_folder();

/// HF_HOME, else XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface.
std::filesystem::path hub_home();

/// The repository's folder in the cache ("models--org--name"), whether it is there or not: blobs/
/// holds contents by their hashes, snapshots/COMMIT/ links to them by name, refs/REVISION names a
/// commit.
/// Throws Error(invalid_argument) for an id or revision that would lead out of it.
std::filesystem::path hub_folder(const HubRepo& repo);

/// The commit that the cache has noted for the revision, else the revision itself, which may be
/// one.
std::optional<std::string> cached_commit(const HubRepo& repo);

/// The revisions that the cache has something of, by the names under which they were asked for.
std::vector<std::string> cached_revisions(RepoKind kind, const std::string& id);

/// The folder of the revision's files, as far as they were downloaded.
std::optional<std::filesystem::path> cached_snapshot(const HubRepo& repo);

}  // namespace automodel
