#pragma once
// JSON files as row sources. open_rows() chooses between them.

#include <memory>
#include <string>

#include "data/source.h"

namespace automodel::data {

/// One JSON object per line; blank lines are skipped. The file stays memory-mapped: a row costs
/// memory only while it is used.
std::shared_ptr<const RowSource> open_jsonl(const std::string& path, const SourceOptions& options);

/// An array of objects, or one object; a file of several objects is read as open_jsonl does.
std::shared_ptr<const RowSource> open_json(const std::string& path, const SourceOptions& options);

}  // namespace automodel::data
