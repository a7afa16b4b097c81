#include "cli/inputs.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/error.h"
#include "base/hub_cache.h"
#include "base/json.h"
#include "config/load.h"
#include "config/override.h"
#include "config/run_options.h"
#include "hub/fetch.h"
#include "models/find_model.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

fs::path bring(const HubRepo& repo, hub::Need need) {
  hub::Progress progress(stderr, isatty(STDERR_FILENO) == 1);
  return hub::find_or_fetch(repo, {.need = need}, hub::read_settings(), progress);
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

void bring_dataset(const config::Dataset& section) {
  const Json revision = section.keys.value("revision", Json());
  for (const char* key : {"path_or_dataset_id", "path_or_dataset", "dataset_name"}) {
    for (const std::string& name : texts_of(section.keys.value(key, Json()))) {
      if (names_hub_dataset(name)) {
        bring({.kind = RepoKind::dataset,
               .id = name,
               .revision = revision.is_string() ? revision.get<std::string>() : "main"},
              hub::Need::all);
      }
    }
  }
}

/// The arguments as options with their values and the rest.
struct ReadWords {
  std::vector<std::string> plain;
  std::map<std::string, std::string> options;

  bool asks_for_help() const { return options.contains("--help") || options.contains("-h"); }
};

ReadWords read_words(Arguments arguments, std::vector<std::string> flags) {
  flags.insert(flags.end(), {"--help", "-h"});
  ReadWords out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const auto equals = word.find('=');
    if (!word.starts_with('-') || word == "-") {
      out.plain.push_back(word);
    } else if (equals != std::string::npos) {
      out.options[word.substr(0, equals)] = word.substr(equals + 1);
    } else if (std::ranges::find(flags, word) != flags.end() || i + 1 == arguments.size()) {
      out.options[word] = "";
    } else {
      out.options[word] = arguments[++i];
    }
  }
  return out;
}

/// Of the adapter in `folder`; empty if it is none.
std::string base_model_of(const fs::path& folder) {
  const fs::path config = folder / "adapter_config.json";
  std::error_code ignored;
  if (!fs::is_regular_file(config, ignored)) {
    return "";
  }
  const Json json = read_json(config);
  const Json name = json.is_object() ? json.value("base_model_name_or_path", Json()) : Json();
  return name.is_string() ? name.get<std::string>() : "";
}

}  // namespace

fs::path bring_model(const std::string& name, const std::string& revision, hub::Need need) {
  std::error_code ignored;  // e.g. a name too long for a path
  if (fs::exists(name, ignored) || !is_hub_id(name)) {
    return models::find_model(name, revision);
  }
  const ErrorContext context("looking for {}, which is no path here, on the hub", name);
  return bring({.id = name, .revision = revision}, need);
}

void bring_inputs(const config::Recipe& recipe) {
  const config::ModelSource& model = recipe.model;
  const bool fresh = model.entry == config::ModelEntry::from_config && !model.load_base_model;
  if (!model.pretrained_model_name_or_path.empty()) {
    bring_model(model.pretrained_model_name_or_path, model.revision.value_or("main"),
                fresh ? hub::Need::config : hub::Need::model);
  }
  const auto& tokenizer = recipe.dataset.tokenizer;
  const std::string name = tokenizer ? tokenizer->pretrained_model_name_or_path : "";
  if (!name.empty() && name != model.pretrained_model_name_or_path) {
    bring_model(name, "main", hub::Need::config);
  }
  bring_dataset(recipe.dataset);
  for (const auto& [section_name, section] : recipe.validation_datasets) {
    const ErrorContext context("preparing the validation data '{}'", section_name);
    bring_dataset(section);
  }
}

void bring_recipe(Arguments arguments, std::span<const std::string> options) {
  const auto split = config::split_overrides(arguments, options);
  const ReadWords found = read_words(split.own, config::kRunFlags);
  const bool needs_inputs = !found.asks_for_help() && !found.options.contains("--smoke");
  if (!found.plain.empty() && needs_inputs) {
    bring_inputs(config::load_recipe(found.plain.front(), split.overrides).recipe);
  }
}

void bring_models(Arguments arguments, const ModelWords& words) {
  const ReadWords found = read_words(arguments, words.flags);
  if (found.plain.empty() || found.asks_for_help()) {
    return;
  }
  const auto revision = found.options.find("--revision");
  const fs::path path =
      bring_model(found.plain.front(), revision == found.options.end() ? "main" : revision->second);
  bool named = false;
  for (const std::string& option : words.models) {
    const auto given = found.options.find(option);
    if (given != found.options.end()) {
      bring_model(given->second);
      named = true;
    }
  }
  const std::string base = named ? "" : base_model_of(path);
  if (!base.empty()) {
    bring_model(base);
  }
}

}  // namespace automodel::cli
