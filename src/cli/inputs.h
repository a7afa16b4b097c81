#pragma once
// What the arguments of a command name, brought onto this machine before anything else happens: the
// engine opens no connection.

#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"
#include "config/recipe.h"
#include "hub/selection.h"
#include "usage/bench.h"
#include "usage/convert.h"
#include "usage/generate.h"
#include "usage/merge.h"
#include "usage/train.h"

namespace automodel::cli {

/// Where the model is: a path as it is; a hub id in the cache, into which it is downloaded if it is
/// not there. No weights are downloaded of a model that its config.json shows to be unsupported.
/// `overrides`: what is said in place of that file's values; none: unknown, the values are not
/// judged. Throws as models::find_model, hub::find_or_fetch, weight_format and models::read_spec.
std::filesystem::path bring_model(const std::string& name, const std::string& revision = "main",
                                  hub::Need need = hub::Need::model,
                                  const std::optional<Json>& overrides = Json::object());

/// The same with the model's configuration and tokenizer alone; empty for a configuration class.
std::filesystem::path bring_config(const config::ModelSource& model);

/// The data sets that the recipe names, and the tokenizer if it is not the model's.
void bring_data(const config::Recipe& recipe);

// What the engine's commands need. With --smoke training needs nothing; of an adapter the base
// model that it names is brought too, unless an option names one, of a checkpoint its run's model.
void bring_for_train(const usage::Train& line);
void bring_for_bench(const usage::Bench& line);
void bring_for_generate(const usage::Generate& line);
void bring_for_merge(const usage::Merge& line);
void bring_for_convert(const usage::Convert& line);

}  // namespace automodel::cli
