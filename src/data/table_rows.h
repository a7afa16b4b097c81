#pragma once
// Parquet and Arrow files as row sources.

#include <filesystem>
#include <memory>
#include <string>

#include "base/child.h"
#include "data/file_text.h"
#include "data/source.h"

namespace automodel::data {

/// The rows of a Parquet or Arrow file (IPC file or stream), which the program automodel-tables
/// turns into JSON lines: docs/data.md says how. From there on it is as open_jsonl; the line in
/// errors is the number of the row.
/// Throws Error(unsupported) if that program was not built, Error(corrupt_data).
std::shared_ptr<const RowSource> open_table(const std::string& path, const SourceOptions& options);

/// What `datasets` noted of a table's columns ("features" of its schema's metadata), by name; null
/// if nothing. Throws as open_table.
Json table_features(const std::string& path,
                    const std::filesystem::path& program = beside_program("automodel-tables"));

/// The same by a given program. Throws Error(corrupt_data) with what it says if it fails.
FileText table_text(const std::string& path, const std::filesystem::path& program);

}  // namespace automodel::data
