#include "models/find_model.h"

#include "base/error.h"
#include "base/hub_cache.h"
#include "base/pointer.h"

namespace automodel::models {

namespace fs = std::filesystem;

fs::path find_model(const std::string& name, const std::string& revision) {
  check(!name.empty(), ErrorKind::invalid_argument,
        "the model's name is empty; give a Hugging Face folder, a .gguf file or a hub id");
  fs::path path = follow_pointers(name);
  std::error_code ignored;  // e.g. a name too long for a path: then it is no path
  if (fs::exists(path, ignored)) {
    return path;
  }
  check(is_hub_id(name), ErrorKind::not_found,
        "the model {} does not exist; give a Hugging Face folder or a .gguf file", name);
  if (const auto snapshot = cached_snapshot({.id = name, .revision = revision})) {
    return *snapshot;
  }
  fail(ErrorKind::not_found,
       "there is no folder {0} here, and the hub model '{0}' (revision {1}) is not in the local "
       "cache {2}: run 'automodel download {0} --revision {1}' first, or give a local folder or "
       ".gguf file",
       name, revision, hub_cache_folder().string());
}

fs::path checkpoint_recipe(const fs::path& folder) {
  const fs::path place = follow_pointers(folder);
  const auto recipe = place / "config.yaml";
  std::error_code ignored;  // e.g. a name too long for a path
  const bool is_checkpoint = fs::is_regular_file(recipe, ignored) &&
                             fs::is_regular_file(place / "manifest.json", ignored) &&
                             fs::is_directory(place / "model", ignored);
  return is_checkpoint ? recipe : fs::path();
}

}  // namespace automodel::models
