#pragma once
// Rows that are tokens already: {"input_ids": [...], "labels": [...]}, one JSON object a line.

#include <memory>
#include <string>

#include "data/dataset.h"

namespace automodel::data {

/// Labels as Hugging Face's models take them: labels[t] is input_ids[t] where it is learnt, else
/// -100; absent: everything is learnt. Other columns are ignored.
/// Throws as open_file; sample() throws Error(corrupt_data) for a row of another form.
std::unique_ptr<const Dataset> make_token_row_dataset(const std::string& path);

}  // namespace automodel::data
