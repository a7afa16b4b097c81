#pragma once
// Parts of a data set: "train[64:]", the first N rows.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/keys.h"
#include "data/source.h"

namespace automodel::data {

/// Part of a data set as Hugging Face writes it: "train", "train[:100]", "validation[64:]",
/// "train[10%:20%]", "train[10%:20%](pct1_dropremainder)".
struct Split {
  std::string name;
  /// Row numbers or, if `percent`, per cent; negative ones count from the end.
  std::optional<std::int64_t> begin, end;
  bool percent = false;
  /// A per cent is a whole number of rows, the same everywhere; else bounds are rounded.
  bool drops_remainder = false;
  bool operator==(const Split&) const = default;
};

/// Throws Error(invalid_argument) if `text` is not of that form.
Split parse_split(const std::string& text);

struct RowRange {
  std::int64_t begin = 0, end = 0;
  bool operator==(const RowRange&) const = default;
};

/// The rows of `split` among `num_rows`; none if begin >= end. Throws Error(invalid_argument) if
/// it drops remainders of fewer than 100 rows: then a per cent is no row.
/// Source: _rel_to_abs_instr of the Python package `datasets` (arrow_reader.py).
RowRange rows_of(const Split& split, std::int64_t num_rows);

struct SelectOptions {
  /// Shuffles the rows once, before a slice is taken.
  std::optional<std::uint64_t> shuffle_seed;
  /// The first rows of the slice at most.
  std::optional<std::int64_t> max_rows;
  /// Of a hub data set; see FileChoice.
  std::string configuration = {}, revision = "main";
  SourceOptions source;
};

/// The key "limit_dataset_samples" of upstream's loaders of hub data sets. They leave it out beside
/// a slice in `split`; the recipe's rules say so.
std::optional<std::int64_t> read_row_limit(Keys& keys, const std::string& split);

/// Opens `paths` as open_rows does and takes the rows that `split` and `options` select.
/// Throws Error(invalid_argument) if none is left.
std::shared_ptr<const RowSource> open_split(const std::vector<std::string>& paths,
                                            const std::string& split,
                                            const SelectOptions& options = {});

/// The rows `indices` of `rows`, in that order. `num_filtered`: how many of the others count as
/// left out.
std::shared_ptr<const RowSource> pick_rows(std::shared_ptr<const RowSource> rows,
                                           std::vector<std::int64_t> indices,
                                           std::int64_t num_filtered = 0);

}  // namespace automodel::data
