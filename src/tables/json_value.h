#pragma once
// Values of Arrow arrays as JSON.

#include <arrow/type_fwd.h>

#include <cstdint>

#include "base/json.h"

namespace automodel::tables {

/// The JSON form of one value; docs/data.md has the table. Numbers keep their exact value. A null
/// field of a struct is left out: every struct of a column has all fields, whatever the rows had.
/// Throws Error(unsupported) for a type that has no such form, Error(corrupt_data) for a value that
/// JSON cannot hold (infinity, bytes that are not UTF-8, a map that has a key twice).
Json json_value(const arrow::Array& array, std::int64_t index);

}  // namespace automodel::tables
