#include "hub/cache.h"

#include <unistd.h>

#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file marks a cache: see https://bford.info/cachedir/\n";

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  check(!error, ErrorKind::io,
        "cannot make the folder {}: {}. Let HF_HOME name a folder that you may write to",
        folder.string(), error.message());
}

}  // namespace

CachedRepo::CachedRepo(HubRepo repo, std::string commit)
    : repo_(std::move(repo)), commit_(std::move(commit)), folder_(hub_folder(repo_)) {}

fs::path CachedRepo::lock_file(const RepoFile& file) const {
  return hub_cache_folder() / ".locks" / folder_.filename() / (file.hash() + ".lock");
}

bool CachedRepo::has(const RepoFile& file) const {
  std::error_code ignored;
  return fs::is_regular_file(snapshot() / file.path, ignored);
}

void CachedRepo::make_folders() const {
  make_folder(folder_ / "blobs");
  make_folder(snapshot());
  make_folder(folder_ / "trees");
  make_folder(hub_cache_folder() / ".locks" / folder_.filename());
  const fs::path tag = hub_cache_folder() / "CACHEDIR.TAG";
  if (!fs::exists(tag)) {
    write_file_atomic(tag, kTag);
  }
}

void CachedRepo::link(const RepoFile& file) const {
  const fs::path name = snapshot() / file.path;
  const fs::path target = blob(file).lexically_relative(name.parent_path());
  const fs::path made = name.string() + "." + std::to_string(::getpid()) + ".tmp";
  make_folder(name.parent_path());
  std::error_code error;
  fs::remove(made, error);
  fs::create_symlink(target, made, error);
  if (!error) {
    fs::rename(made, name, error);
  }
  check(!error, ErrorKind::io,
        "cannot make the link {}: {}. Let HF_HOME name a folder on a disk that has symbolic links",
        name.string(), error.message());
}

void CachedRepo::write_reference() const {
  if (repo_.revision != commit_ && cached_commit(repo_) != commit_) {
    const fs::path reference = folder_ / "refs" / repo_.revision;
    make_folder(reference.parent_path());
    write_file_atomic(reference, commit_);
  }
}

void CachedRepo::write_listing(const std::vector<RepoFile>& files) const {
  write_file_atomic(listing_file(), render_listing(files));
}

std::optional<std::vector<RepoFile>> CachedRepo::read_listing() const {
  std::error_code ignored;
  if (!fs::is_regular_file(listing_file(), ignored)) {
    return std::nullopt;
  }
  try {
    return parse_listing(read_file(listing_file()), listing_file().string());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt_data) {
      throw;
    }
    return std::nullopt;  // it can be had again
  }
}

}  // namespace automodel::hub
