#pragma once
// Columns of a row, with errors that name what is there instead.

#include <string>

#include "base/json.h"

namespace automodel::data {

/// The value of a column. Throws Error(corrupt_data) with the nearest names if it is missing.
const Json& column(const Json& row, const std::string& name);

/// A column that must hold a string. Throws Error(corrupt_data).
std::string text_column(const Json& row, const std::string& name);

}  // namespace automodel::data
