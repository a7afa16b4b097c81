#pragma once
// What the classes of a run are called: one list for the model and all its data sets.

#include <string>
#include <vector>

#include "config/recipe.h"

namespace automodel::corpus {

/// The names of a model's `num_labels` classes by number: its own (`model_names`), or where it has
/// none those that `labels` of a data set of the recipe lists, or that a data set says of its
/// column (what save_to_disk of `datasets` wrote, or a table that `datasets` made); empty if
/// nothing names them. Throws Error(invalid_argument) if two of these lists differ, or one has
/// another length; of those that data sets say, if they have the same names in another order.
std::vector<std::string> class_names(const config::Recipe& recipe,
                                     const std::vector<std::string>& model_names,
                                     std::int64_t num_labels);

}  // namespace automodel::corpus
