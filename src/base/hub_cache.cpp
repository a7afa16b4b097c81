#include "base/hub_cache.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <set>

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/known.h"
#include "base/text.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxIdBytes = 96;
constexpr std::size_t kCommitDigits = 40;

/// Of files that data sets are read from.
constexpr auto kDataEndings = std::to_array<std::string_view>(
    {".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".parquet", ".arrow", ".feather", ".bin",
     ".idx", ".npy", ".gz", ".zst", ".yaml", ".yml"});

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// A part of an id, or a commit.
bool is_hub_word(std::string_view word) {
  const auto allowed = [](char c) { return is_word_character(c) || c == '-' || c == '.'; };
  return !word.empty() && is_word_character(word.front()) && is_word_character(word.back()) &&
         std::ranges::all_of(word, allowed);
}

/// Branches may have slashes ("refs/pr/1").
bool is_revision(const std::string& revision) {
  const auto parts = split(revision, '/');
  return revision.find('\0') == std::string::npos &&
         std::ranges::none_of(parts, [](const std::string& part) {
           return part.empty() || part == "." || part == "..";
         });
}

std::string home() {
  const auto value = environment("HOME");
  return value.empty() ? "/" : value;
}

/// Replaces "$NAME" and "${NAME}" by the variable's value; what is not set stays.
std::string with_variables(std::string text) {
  for (auto at = text.find('$'); at != std::string::npos; at = text.find('$', at)) {
    const bool braced = text.compare(at + 1, 1, "{") == 0;
    const auto begin = at + (braced ? 2 : 1);
    auto end = begin;
    while (end < text.size() && is_word_character(text[end])) {
      ++end;
    }
    const bool closed = !braced || text.compare(end, 1, "}") == 0;
    const char* value = closed ? std::getenv(text.substr(begin, end - begin).c_str()) : nullptr;
    if (value == nullptr) {
      ++at;
    } else {
      text.replace(at, end + (braced ? 1 : 0) - at, value);
      at += std::string_view(value).size();
    }
  }
  return text;
}

/// A path in a variable, "~" and variables replaced; null if it is not set.
std::optional<fs::path> environment_path(const char* name) {
  std::string value = environment(name);
  if (value.empty()) {
    return std::nullopt;
  }
  if (value == "~" || value.starts_with("~/")) {
    value.replace(0, 1, home());
  }
  return with_variables(value);
}

}  // namespace

std::string to_string(const HubRepo& repo) {
  return fmt::format("{} {} (revision {})", repo.kind == RepoKind::model ? "model" : "data set",
                     repo.id, repo.revision);
}

bool is_hub_id(std::string_view name) {
  const auto words = split(name, '/');
  return words.size() <= 2 && std::ranges::all_of(words, is_hub_word) &&
         words.back().size() <= kMaxIdBytes && name.find("--") == std::string_view::npos &&
         name.find("..") == std::string_view::npos && !name.ends_with(".git");
}

bool is_commit(std::string_view revision) {
  const auto is_digit = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  return revision.size() == kCommitDigits && std::ranges::all_of(revision, is_digit);
}

bool names_hub_dataset(const std::string& name) {
  const std::string lower = to_lower_ascii(name);
  const bool is_file = std::ranges::any_of(
      kDataEndings, [&](std::string_view ending) { return lower.ends_with(ending); });
  std::error_code ignored;
  return is_hub_id(name) && !is_file && !fs::exists(name, ignored);
}

fs::path hub_home() {
  if (const auto given = environment_path("HF_HOME")) {
    return *given;
  }
  const auto cache = environment_path("XDG_CACHE_HOME");
  return cache.value_or(fs::path(home()) / ".cache") / "huggingface";
}

fs::path hub_cache_folder() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const auto given = environment_path(name)) {
      return *given;
    }
  }
  return hub_home() / "hub";
}

fs::path hub_folder(const HubRepo& repo) {
  check(is_hub_id(repo.id), ErrorKind::invalid_argument,
        "'{}' is no name of a repository on the hub; it has the form org/name", repo.id);
  check(is_revision(repo.revision), ErrorKind::invalid_argument,
        "'{}' is no revision; give a branch, a tag or a commit", repo.revision);
  const std::string kind = repo.kind == RepoKind::model ? "models--" : "datasets--";
  return hub_cache_folder() / (kind + replace_all(repo.id, "/", "--"));
}

std::optional<std::string> cached_commit(const HubRepo& repo) {
  const fs::path reference = hub_folder(repo) / "refs" / repo.revision;
  std::error_code ignored;
  const std::string commit = fs::is_regular_file(reference, ignored)
                                 ? std::string(trim(read_file(reference)))
                                 : repo.revision;
  return is_hub_word(commit) ? std::optional(commit) : std::nullopt;
}

std::vector<std::string> cached_revisions(RepoKind kind, const std::string& id) {
  const fs::path folder = hub_folder({.kind = kind, .id = id});
  std::set<std::string> found, named;
  std::error_code ignored;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(folder / "refs", ignored)) {
    const std::string name = entry.path().lexically_relative(folder / "refs").string();
    if (entry.is_regular_file() && cached_snapshot({kind, id, name})) {
      found.insert(name);
      named.insert(known(cached_commit({kind, id, name})));
    }
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder / "snapshots", ignored)) {
    const std::string commit = entry.path().filename().string();
    if (entry.is_directory() && !named.contains(commit)) {
      found.insert(commit);
    }
  }
  return {found.begin(), found.end()};
}

std::optional<fs::path> cached_snapshot(const HubRepo& repo) {
  const auto commit = cached_commit(repo);
  if (!commit) {
    return std::nullopt;
  }
  const fs::path snapshot = hub_folder(repo) / "snapshots" / *commit;
  std::error_code ignored;
  return fs::is_directory(snapshot, ignored) ? std::optional(snapshot) : std::nullopt;
}

}  // namespace automodel
