#pragma once
// Files of text records (lines, mostly) as row sources.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "data/file_text.h"
#include "data/source.h"

namespace automodel::data {

/// How a file is cut into records and what a record means.
struct RecordSyntax {
  /// What the file should hold, e.g. "JSON lines".
  std::string_view name;
  /// Where the first record begins.
  std::size_t begin = 0;
  /// One past the record that begins at `at`; the newline behind it is not in it.
  std::function<std::size_t(std::string_view text, std::size_t at)> end;
  /// A record of these characters alone is no row. (A tab may part empty fields.)
  std::string_view blanks = " \t\r";
  /// The row of a record that begins at `line` of `path`. Throws Error(corrupt_data) with
  /// "path:line:column: reason".
  std::function<Json(std::string_view record, const std::string& path, std::int64_t line)> parse;
};

/// Each record that is not blank is a row. The file stays memory-mapped: a row costs memory only
/// while it is used. All records are parsed once here.
/// Throws Error(corrupt_data) for the first malformed record unless options.skip_invalid, and for
/// one that is longer than options.max_line_bytes.
std::shared_ptr<const RowSource> make_text_rows(FileText file, RecordSyntax syntax,
                                                const SourceOptions& options);

std::size_t end_of_line(std::string_view text, std::size_t at);

/// Throws Error(corrupt_data) if lines of `text`, the content of `path`, end in carriage returns
/// alone: all of it would be one record.
void refuse_lone_returns(std::string_view text, const std::string& path);

/// Throws Error(corrupt_data) with place if `text`, which begins at `line` of `path`, is not UTF-8.
void check_utf8(std::string_view text, const std::string& path, std::int64_t line);

/// "row" -> {"text": "row"} for each line that is not blank.
std::shared_ptr<const RowSource> open_plain_text(const std::string& path,
                                                 const SourceOptions& options);

}  // namespace automodel::data
