#pragma once
// The data sets of a run, checked before the first step.

#include <map>
#include <string>

#include "checkpoint/model_folder.h"
#include "config/recipe.h"
#include "data/loader.h"
#include "data/survey.h"
#include "data/text_context.h"

namespace automodel::recipes {

struct RunData {
  data::TextContext text;
  data::PreparedDataset train;
  std::map<std::string, data::PreparedDataset> validation;  // by name
};

/// Opens the recipe's data sets with the model's tokenizer, or the one that `dataset.tokenizer`
/// names. Throws Error with place and reason for rows that cannot be used.
RunData load_run_data(const config::Recipe& recipe, const checkpoint::ModelFolder& source);

data::LoaderOptions loader_options(const config::Recipe& recipe);

}  // namespace automodel::recipes
