#include "cli/inputs.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/hub_cache.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/pointer.h"
#include "base/terminal.h"
#include "base/weight_format.h"
#include "config/load.h"
#include "data/card.h"
#include "data/weighted_blend.h"
#include "hub/fetch.h"
#include "models/find_model.h"
#include "models/overrides.h"
#include "models/registry.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAdapterConfig = "adapter_config.json";

fs::path bring(const HubRepo& repo, const hub::Selection& selection) {
  hub::Progress progress(stderr, rewrites_lines(STDERR_FILENO));
  return hub::find_or_fetch(repo, selection, hub::read_settings(), progress);
}

/// The files that the card names for the configuration; all if it names none.
hub::Selection files_of_configuration(const std::string& name) {
  const auto read_card = [name](const fs::path& folder) -> hub::TakesPath {
    const auto configuration = data::find_configuration(folder, name);
    if (!configuration) {
      return [](const std::string&) { return true; };
    }
    return [=](const std::string& path) { return configuration->takes(path); };
  };
  return {.need = hub::Need::described, .read_card = read_card};
}

std::vector<std::string> texts_of(const Json& value) {
  std::vector<std::string> out;
  for (const Json& item : value.is_array() ? value : Json::array({value})) {
    if (item.is_string()) {
      out.push_back(item.get<std::string>());
    }
  }
  return out;
}

/// `keys`: of a data set.
void bring_named(const Json& keys) {
  const auto revision = text_at(keys, "revision", "main");
  const auto configuration = texts_of(keys.value("name", Json()));
  for (const char* key : config::kHubDataKeys) {
    for (const std::string& name : texts_of(keys.value(key, Json()))) {
      if (names_hub_dataset(name)) {
        // These kinds have no key `name`; one of them chooses the configuration by itself.
        const bool chooses = std::string_view(key) != "path_or_dataset";
        bring({.kind = RepoKind::dataset, .id = name, .revision = revision},
              chooses ? files_of_configuration(configuration.empty() ? "" : configuration.front())
                      : hub::Selection{.need = hub::Need::all});
      }
    }
  }
}

void bring_dataset(const config::Dataset& section) {
  for (const Json& keys : data::with_parts(section.keys)) {
    bring_named(keys);
  }
}

/// A file of the folder; null if it has none of this name.
Json read_if_there(const fs::path& folder, const char* name) {
  std::error_code ignored;
  return fs::is_regular_file(folder / name, ignored) ? read_json(folder / name) : Json();
}

/// Of a model that is refused no weights are downloaded. `overrides`: as bring_model.
void check_supported(const fs::path& folder, const std::optional<Json>& overrides) {
  const Json stored = read_if_there(folder, "config.json");
  if (stored.is_null() || !read_if_there(folder, kAdapterConfig).is_null()) {
    return;  // beside an adapter it is a copy of its base's
  }
  const std::string source = (folder / "config.json").string();
  models::find_family(stored, source);
  const Json config = models::with_overrides(stored, overrides.value_or(Json::object()));
  weight_format(config, source);
  if (overrides) {
    models::read_spec(config, source);
  }
}

struct BaseModel {
  std::string name, revision;
};

/// Of the adapter in `folder`; empty if it is none.
BaseModel base_model_of(const fs::path& folder) {
  const Json json = read_if_there(folder, kAdapterConfig);
  return json.is_null() ? BaseModel()
                        : BaseModel{.name = text_at(json, "base_model_name_or_path"),
                                    .revision = text_at(json, "revision", "main")};
}

/// What the adapter makes of its base's config.json shows only in its weights.
void bring_base(const std::string& name, const std::string& revision = "main") {
  bring_model(name, revision, hub::Need::model, std::nullopt);
}

/// `hint`: what the user can do about the name.
void bring_base_of(const fs::path& path, std::string_view hint) {
  const BaseModel base = base_model_of(path);
  if (!base.name.empty()) {
    const ErrorContext context("looking for the base model of {} (named by the adapter{})",
                               path.string(), hint);
    bring_base(base.name, base.revision);
  }
}

void bring_run_model(const config::ModelSource& model) {
  const bool fresh = model.is_fresh() && !model.load_base_model;
  if (!model.pretrained_model_name_or_path.empty()) {
    bring_model(model.pretrained_model_name_or_path, model.revision.value_or("main"),
                fresh ? hub::Need::config : hub::Need::model, model.config_overrides);
  }
}

/// Whether a run that writes there would find a checkpoint of its own; LATEST may be missing, which
/// it mends.
bool has_checkpoints(const fs::path& folder) {
  std::error_code ignored;  // there may be no folder yet
  const fs::directory_iterator entries(folder, ignored);
  return std::ranges::any_of(entries, [](const fs::directory_entry& entry) {
    return entry.path().filename().string().starts_with("epoch_") &&
           !models::checkpoint_recipe(entry.path()).empty();
  });
}

/// A checkpoint that the run goes on from has what an adapter would begin with.
bool begins(const config::Checkpoint& section) {
  const bool names_one = section.restore_from.value_or(kLatest) != kLatest;
  return !section.enabled || (!names_one && !has_checkpoints(section.checkpoint_dir));
}

/// Nothing is fetched for a recipe that cannot run.
config::Recipe load_for_fetch(const std::string& path,
                              const std::vector<std::string>& overrides = {}) {
  return config::load_recipe(path, overrides).recipe;
}

/// The models, tokenizers and data sets that the recipe names.
void bring_recipe(const std::string& path, const std::vector<std::string>& overrides) {
  const auto recipe = load_for_fetch(path, overrides);
  bring_run_model(recipe.model);
  if (recipe.peft && recipe.peft->adapter_name_or_path && begins(recipe.checkpoint)) {
    bring_model(*recipe.peft->adapter_name_or_path);
  }
  bring_data(recipe);
}

}  // namespace

fs::path bring_model(const std::string& name, const std::string& revision, hub::Need need,
                     const std::optional<Json>& overrides) {
  std::error_code ignored;  // e.g. a name too long for a path
  if (fs::exists(follow_pointers(name), ignored) || !is_hub_id(name)) {
    return models::find_model(name, revision);
  }
  const ErrorContext context("looking for {}, which is no path here, on the hub", name);
  const HubRepo repo{.id = name, .revision = revision};
  if (need == hub::Need::model) {
    check_supported(bring(repo, {.need = hub::Need::config}), overrides);
  }
  return bring(repo, {.need = need});
}

fs::path bring_config(const config::ModelSource& model) {
  return model.config_class.empty()
             ? bring_model(model.pretrained_model_name_or_path, model.revision.value_or("main"),
                           hub::Need::config)
             : fs::path();
}

void bring_data(const config::Recipe& recipe) {
  const auto& tokenizer = recipe.dataset.tokenizer;
  const std::string name = tokenizer ? tokenizer->pretrained_model_name_or_path : "";
  const Json revision = tokenizer ? tokenizer->keys.value("revision", Json()) : Json();
  if (!name.empty() &&
      (name != recipe.model.pretrained_model_name_or_path || revision.is_string())) {
    bring_model(name, revision.is_string() ? revision.get<std::string>() : "main",
                hub::Need::config);
  }
  bring_dataset(recipe.dataset);
  for (const auto& [section_name, section] : recipe.validation_datasets) {
    const ErrorContext context("preparing the validation data '{}'", section_name);
    bring_dataset(section);
  }
}

void bring_for_train(const usage::Train& line) {
  if (!line.smoke) {
    bring_recipe(line.recipe, line.overrides);
  }
}

void bring_for_bench(const usage::Bench& line) { bring_recipe(line.recipe, line.overrides); }

void bring_for_generate(const usage::Generate& line) {
  if (line.adapter.empty()) {
    bring_base_of(bring_model(line.model, line.revision),
                  "; 'generate BASE --adapter ADAPTER' takes another");
  } else {
    bring_base(line.model, line.revision);
    bring_model(line.adapter);
  }
}

void bring_for_merge(const usage::Merge& line) {
  const fs::path path = bring_model(line.adapter, line.revision);
  if (line.base.empty()) {
    bring_base_of(path, "; --base overrides it");
  } else {
    bring_base(line.base);
  }
}

void bring_for_convert(const usage::Convert& line) {
  const auto recipe = models::checkpoint_recipe(line.model);
  if (recipe.empty()) {
    bring_model(line.model, line.revision);
    return;
  }
  const ErrorContext context(
      "looking for the model of the run that {} tells of (relative paths count from the folder in "
      "which the run was started)",
      recipe.string());
  bring_run_model(load_for_fetch(recipe.string()).model);
}

}  // namespace automodel::cli
