#pragma once
// Rows of JSON objects from files, by number.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/find_files.h"
#include "data/keys.h"

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
  /// Malformed rows, and others that were filtered out.
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

/// The key skip_invalid_samples, which every kind of data set of rows has.
SourceOptions read_source_options(Keys& keys);

/// Opens one file; the ending of its name says how: .jsonl, .ndjson, .json, .csv, .tsv, .txt (a row
/// a line, column "text"), each also compressed (.gz, .zst), or .parquet, .arrow, .feather. Every
/// row is parsed once here, so that a malformed file fails before the first training step.
/// Throws Error(not_found | io | unsupported), Error(corrupt_data) that names the first malformed
/// row unless options.skip_invalid.
std::shared_ptr<const RowSource> open_file(const std::string& path, SourceOptions options = {});

/// True if open_file knows the ending and the name is not that of a data set's description or of
/// what the Python package `datasets` keeps for itself beside the data.
bool is_data_file(const std::filesystem::path& path);

/// Whether open_file takes it for a Parquet or Arrow file.
bool is_table(const std::filesystem::path& path);

/// What open_file knows, for errors.
std::string known_endings();

/// The rows of the one behind those of the other.
std::shared_ptr<const RowSource> concatenate(std::vector<std::shared_ptr<const RowSource>> parts);

/// Opens what find_data_files finds for each path as one source, in the order given. Of several
/// files those may have no rows that are tables, if others have some.
/// Throws as find_data_files and open_file.
std::shared_ptr<const RowSource> open_rows(const std::vector<std::string>& paths,
                                           const FileChoice& choice = {},
                                           SourceOptions options = {});

}  // namespace automodel::data
