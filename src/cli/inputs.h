#pragma once
// What the arguments of a command name, brought onto this machine before anything else happens: the
// engine opens no connection.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/command.h"
#include "config/recipe.h"
#include "hub/selection.h"

namespace automodel::cli {

/// Where the model is: a path as it is; a hub id in the cache, into which it is downloaded if it is
/// not there. Throws as models::find_model and hub::find_or_fetch.
std::filesystem::path bring_model(const std::string& name, const std::string& revision = "main",
                                  hub::Need need = hub::Need::model);

/// The models, tokenizers and data sets that the recipe names.
void bring_inputs(const config::Recipe& recipe);

/// As bring_inputs, of the recipe that is the first word of the arguments but for `options` and
/// overrides; with --smoke nothing is needed. Throws as config::load_recipe.
void bring_recipe(Arguments arguments, std::span<const std::string> options);

/// Which words of an engine's command name models: the first one that is no option, and the values
/// of some options; "--revision" is about the former.
struct ModelWords {
  /// The options without a value; every other one has one.
  std::vector<std::string> flags = {};
  /// Options whose value is a model, such as "--base".
  std::vector<std::string> models = {};
};

/// The models that the arguments name; of an adapter also the base model that it names, unless an
/// option does.
void bring_models(Arguments arguments, const ModelWords& words);

}  // namespace automodel::cli
