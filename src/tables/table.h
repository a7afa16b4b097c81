#pragma once
// Parquet and Arrow files as JSON lines.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace automodel::tables {

/// Calls `take` for each row of the file with a line of JSON: the row as an object, or a string
/// that says why this row cannot be had. What a file is (Parquet, Arrow IPC file or stream) is told
/// by its first bytes.
/// Throws Error(not_found | io | unsupported | corrupt_data).
void read_rows(const std::string& path, const std::function<void(std::string_view line)>& take);

/// What the Python package `datasets` noted of a file's columns, as JSON ("huggingface" of the
/// schema's metadata); empty if nothing. Throws as read_rows.
std::string read_notes(const std::string& path);

}  // namespace automodel::tables
