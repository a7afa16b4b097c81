#pragma once
// Tables of comma- or tab-separated values as row sources.

#include <memory>
#include <string>

#include "data/source.h"

namespace automodel::data {

/// RFC 4180: a header with the columns' names, fields in double quotes where they hold separators,
/// quotes ("") or newlines. Inside a field that does not begin with one a quote stands for itself,
/// as for Python's csv and pandas. The separator is a tab for files named .tsv, else a comma. Every
/// value is a string. Throws Error(corrupt_data) with file, line and column for a header without
/// names or with a name twice, a row of another number of fields, a quote that is not closed or is
/// followed by text, and invalid UTF-8.
std::shared_ptr<const RowSource> open_csv(const std::string& path, const SourceOptions& options);

}  // namespace automodel::data
