#pragma once
// The data sets of a run, checked before the first step.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/model_folder.h"
#include "config/recipe.h"
#include "data/loader.h"
#include "data/packed.h"
#include "data/survey.h"
#include "data/text_context.h"

namespace automodel::recipes {

struct RunData {
  data::TextContext text;
  data::PreparedDataset train;
  std::map<std::string, data::PreparedDataset> validation;  // by name
  /// If rows of similar length are to come together: the training rows' lengths.
  std::vector<std::int64_t> lengths = {};
  /// If the training rows are packs.
  std::optional<data::PackStats> packs = std::nullopt;
};

/// The recipe's section of a validation data set of RunData.
std::string validation_section(const std::string& name);

/// As the recipe's packed_sequence says.
data::PackOptions pack_options(const config::Recipe& recipe);

/// Tokens of a training row in the mean.
std::int64_t mean_row_tokens(const config::Recipe& recipe, const RunData& data);

/// Opens the recipe's data sets with the model's tokenizer, or the one that `dataset.tokenizer`
/// names. Throws Error with place and reason for rows that cannot be used.
RunData load_run_data(const config::Recipe& recipe, const checkpoint::ModelFolder& source);

/// `lengths`: those of RunData.
data::LoaderOptions loader_options(const config::Recipe& recipe,
                                   std::vector<std::int64_t> lengths = {});

}  // namespace automodel::recipes
