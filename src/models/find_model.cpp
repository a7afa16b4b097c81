#include "models/find_model.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace automodel::models {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> environment_path(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::optional<fs::path>(value) : std::nullopt;
}

bool is_hub_word(std::string_view word) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  return !word.empty() && word.front() != '.' && std::ranges::all_of(word, allowed);
}

/// "name" or "org/name", as huggingface_hub's validate_repo_id demands in essence.
bool is_hub_id(std::string_view name) {
  const auto words = split(name, '/');
  return words.size() <= 2 && std::ranges::all_of(words, is_hub_word);
}

/// huggingface_hub's layout: models--org--name/refs/<revision> holds the commit whose files are in
/// models--org--name/snapshots/<commit>.
std::optional<fs::path> cached_snapshot(const std::string& id, const std::string& revision) {
  const fs::path folder = hub_cache_folder() / ("models--" + replace_all(id, "/", "--"));
  const fs::path reference = folder / "refs" / revision;
  const std::string commit =
      fs::is_regular_file(reference) ? std::string(trim(read_file(reference))) : revision;
  const fs::path snapshot = folder / "snapshots" / commit;
  return is_hub_word(commit) && fs::is_directory(snapshot) ? std::optional(snapshot) : std::nullopt;
}

}  // namespace

fs::path hub_cache_folder() {
  if (const auto cache = environment_path("HF_HUB_CACHE")) {
    return *cache;
  }
  if (const auto home = environment_path("HF_HOME")) {
    return *home / "hub";
  }
  if (const auto cache = environment_path("XDG_CACHE_HOME")) {
    return *cache / "huggingface/hub";
  }
  return environment_path("HOME").value_or("/") / ".cache/huggingface/hub";
}

fs::path find_model(const std::string& name, const std::string& revision) {
  check(!name.empty(), ErrorKind::invalid_argument,
        "the model's name is empty; give a Hugging Face folder, a .gguf file or a hub id");
  std::error_code ignored;  // e.g. a name too long for a path: then it is no path
  if (fs::exists(name, ignored)) {
    return name;
  }
  check(is_hub_id(name), ErrorKind::not_found,
        "the model {} does not exist; give a Hugging Face folder or a .gguf file", name);
  if (const auto snapshot = cached_snapshot(name, revision)) {
    return *snapshot;
  }
  fail(ErrorKind::not_found,
       "there is no folder {0} here, and the hub model '{0}' (revision {1}) is not in the local "
       "cache {2}. Nothing is downloaded: run 'hf download {0}' first, or give a local folder or "
       ".gguf file",
       name, revision, hub_cache_folder().string());
}

}  // namespace automodel::models
