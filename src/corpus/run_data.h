#pragma once
// The data sets of a recipe, opened and checked.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/recipe.h"
#include "corpus/model_facts.h"
#include "data/loader.h"
#include "data/packed.h"
#include "data/survey.h"
#include "data/text_context.h"

namespace automodel::corpus {

struct RunData {
  data::TextContext text;
  data::PreparedDataset train;
  std::map<std::string, data::PreparedDataset> validation;  // by name
  /// If rows of similar length are to come together: the training rows' lengths.
  std::vector<std::int64_t> lengths = {};
  /// If the training rows are packs.
  std::optional<data::PackStats> packs = std::nullopt;
  /// What is suspicious of the data sets together.
  std::vector<std::string> warnings = {};
};

/// The recipe's section of a validation data set of RunData.
std::string validation_section(const std::string& name);

/// As the recipe's packed_sequence says.
data::PackOptions pack_options(const config::Recipe& recipe);

/// Tokens of a training row in the mean.
std::int64_t mean_row_tokens(const config::Recipe& recipe, const RunData& data);

/// A section of the recipe's data: "dataset" or "validation_dataset[_NAME]", with the number of
/// samples that a run needs and, for validation, the chat template that it shares.
struct DataSection {
  std::string name;
  config::Dataset keys;
  /// Tokens at which longer rows are split; 0: none is.
  std::int64_t split_length = 0;
};

/// The training data first.
std::vector<DataSection> data_sections(const config::Recipe& recipe);

/// How the rows become tokens.
struct RecipeText {
  data::TextContext used;
  /// As the model itself has it, if it has.
  std::optional<data::TextContext> own;
};

/// Tokens without a name if the data are tokens and no tokenizer is named; else the model's
/// tokenizer and templates, or those that `dataset.tokenizer` names, with its keys. Classes are
/// called as the model's facts call them.
/// Throws Error(invalid_argument | unsupported) for keys that cannot be.
RecipeText open_text(const config::Recipe& recipe, const ModelFacts& model);

/// Which tokenizer that is; none where the rows are made up or come as tokens.
std::optional<TokenizerPlace> tokenizer_place(const config::Recipe& recipe,
                                              const std::string& model_name);

/// The chat template that the recipe gives in place of the tokenizer's: the text, a file or a name,
/// as with_chat_template takes it; empty if there is none or data sets in a blend differ in it.
std::string given_template(const config::Recipe& recipe);

/// The same for the rows of one section: made-up data have words of their own, and rows that are
/// split may be longer than the model takes.
data::TextContext section_text(const data::TextContext& text, const DataSection& section);

/// The checks of a section's rows, all of them, as the recipe and the model want it, with what
/// already fails of tokenizer and template.
data::SurveyOptions survey_options(const config::Recipe& recipe, const ModelFacts& model,
                                   const RecipeText& text, const DataSection& section);

/// The training rows `rows` as packs, if the recipe wants packs.
std::shared_ptr<const data::PackedDataset> pack(const config::Recipe& recipe,
                                                std::shared_ptr<const data::Dataset> rows,
                                                const data::StoreOptions& options);

/// How rows of which some were looked at are kept as tokens.
data::StoreOptions store_options(const data::Survey& survey);

/// What a section says of its rows but where they are: keys and the tokenizer's keys.
Json row_settings(const config::Dataset& section);

/// Told on the way what is done ("encoding rows of dataset"), and how many of how many rows are; 0
/// of 0 where they are not counted. What it throws ends the work.
using OnPreparation =
    std::function<void(const std::string& what, std::int64_t num_done, std::int64_t num_rows)>;

/// Opens the recipe's data sets and makes the checks on some thousand rows of each.
/// Throws Error with place and reason for rows that cannot be used, Error(invalid_argument) for a
/// check that fails.
RunData load_run_data(const config::Recipe& recipe, const ModelFacts& model,
                      const OnPreparation& on_preparation = {});

/// `lengths`: those of RunData.
data::LoaderOptions loader_options(const config::Recipe& recipe,
                                   std::vector<std::int64_t> lengths = {});

}  // namespace automodel::corpus
