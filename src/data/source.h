#pragma once
// Rows of JSON objects from files, by number.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"

namespace automodel::data {

/// Rows with random access. All functions may be called from several threads at once.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual std::int64_t size() const = 0;
  /// A JSON object. Throws Error(corrupt_data) "file:line:column: reason".
  virtual Json row(std::int64_t index) const = 0;
  /// "file:line", for errors.
  virtual std::string location(std::int64_t index) const = 0;
  /// Malformed rows that were left out.
  virtual std::int64_t num_skipped() const { return 0; }
  /// The same number for the same rows, wherever the files are: what is made of them can be kept.
  virtual std::uint64_t content_hash() const = 0;
};

struct SourceOptions {
  /// Leaves out rows that are not JSON objects instead of failing.
  bool skip_invalid = false;
  /// A longer line is an error: it is more likely a file of another kind than a row.
  std::size_t max_line_bytes = std::size_t{256} << 20;
};

/// Opens one file; the ending of its name says how: .jsonl, .ndjson, .json, .csv, .tsv, .txt (a row
/// a line, column "text"), each also compressed (.gz, .zst). Every row is parsed once here, so that
/// a malformed file fails before the first training step.
/// Throws Error(not_found | io | unsupported), Error(corrupt_data) that names the first malformed
/// row unless options.skip_invalid.
std::shared_ptr<const RowSource> open_file(const std::string& path, SourceOptions options = {});

/// A path that exists, or the files that a pattern matches, in the order of their names.
/// Throws Error(not_found) if there are none.
std::vector<std::string> find_paths(const std::string& path);

/// Opens files, folders and patterns ("data/*.jsonl") as one source, in the order given; files of a
/// folder or pattern in the order of their names. Of a folder whose files are named after splits
/// (train, validation, valid, dev, test) those of `split` are taken.
/// Throws Error(not_found) if a path matches no file; otherwise as open_file.
std::shared_ptr<const RowSource> open_rows(const std::vector<std::string>& paths,
                                           const std::string& split = "train",
                                           SourceOptions options = {});

}  // namespace automodel::data
