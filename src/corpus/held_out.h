#pragma once
// Whether validation rows are held out, or training rows as well.

#include <string>

#include "corpus/run_data.h"

namespace automodel::corpus {

/// A warning if the two data sets have rows in common, as far as their surveys have seen them;
/// empty if not, and for made-up rows. `section`: that of the validation data.
std::string describe_shared_rows(const DataSection& section, const data::PreparedDataset& train,
                                 const data::PreparedDataset& validation);

}  // namespace automodel::corpus
