#pragma once
// What the classes of a run are called: one list for the model and all its data sets.

#include <string>
#include <vector>

#include "config/recipe.h"

namespace automodel::corpus {

/// The names of a model's `num_labels` classes by number: its own (`model_names`), or where it has
/// none those that `labels` of a data set of the recipe lists, or that a data set says of its
/// column (what save_to_disk of `datasets` wrote, or tables that `datasets` made, each of which a
/// program opens); empty if nothing names them. Throws Error(invalid_argument):
/// - if a list of `labels` has not `num_labels` names, or differs from another one or from the
///   model's names;
/// - if a name has one number in what a data set says of its column and another one in `labels`,
///   in the model's names or in what another data set says.
/// Throws as data::find_data_files and data::table_features.
std::vector<std::string> class_names(const config::Recipe& recipe,
                                     const std::vector<std::string>& model_names,
                                     std::int64_t num_labels);

}  // namespace automodel::corpus
