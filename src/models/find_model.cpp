#include "models/find_model.h"

#include "base/error.h"
#include "base/hub_cache.h"
#include "base/pointer.h"

namespace automodel::models {
namespace {

namespace fs = std::filesystem;

/// The checkpoint of a run that the folder is or lies in; empty: none.
fs::path checkpoint_of(const fs::path& folder) {
  for (const auto& path : {folder, fs::canonical(folder).parent_path()}) {
    if (!checkpoint_recipe(path).empty()) {
      return path;
    }
  }
  return {};
}

/// What a folder without config.json is instead, as advice.
std::string instead_of_model(const fs::path& folder) {
  if (fs::exists(folder / "adapter_config.json")) {
    return "it is a PEFT adapter: give its base model, or merge both with 'automodel merge'";
  }
  for (const auto& inner : {folder / "model" / kConsolidated, folder / kConsolidated}) {
    if (fs::exists(inner / "config.json")) {
      return fmt::format("give {}", inner.string());
    }
  }
  if (fs::exists(folder / "model/adapter_config.json")) {
    return fmt::format(
        "give the adapter {0}, where the command takes one; 'automodel merge {0} FOLDER' makes a "
        "model folder of it and its base",
        (folder / "model").string());
  }
  if (const auto checkpoint = checkpoint_of(folder); !checkpoint.empty()) {
    return fmt::format(
        "{0} is a checkpoint of a run: 'automodel convert {0} FOLDER' makes a model folder of it",
        checkpoint.string());
  }
  if (const auto latest = follow_pointers(folder / kLatest); fs::exists(latest)) {
    return fmt::format("it has the checkpoints of a run: give one, e.g. {}", latest.string());
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".gguf") {
      return fmt::format("give the file {}", entry.path().string());
    }
  }
  return "a Hugging Face model folder has config.json, tokenizer.json and *.safetensors";
}

}  // namespace

fs::path find_model(const std::string& name, const std::string& revision) {
  check(!name.empty(), ErrorKind::invalid_argument,
        "the model's name is empty; give a Hugging Face folder, a .gguf file or a hub id");
  fs::path path = follow_pointers(name);
  std::error_code ignored;  // e.g. a name too long for a path: then it is no path
  if (fs::exists(path, ignored)) {
    return path;
  }
  check(
      is_hub_id(name), ErrorKind::not_found,
      "the model {} does not exist; give a Hugging Face folder, a .gguf file or a name of the hub, "
      "org/name",
      name);
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

fs::path config_file(const fs::path& path) {
  fs::path file = fs::is_directory(path) ? path / "config.json" : path;
  if (!fs::exists(file)) {
    fail(ErrorKind::not_found, "{} has no config.json; {}", path.string(), instead_of_model(path));
  }
  return file;
}

}  // namespace automodel::models
