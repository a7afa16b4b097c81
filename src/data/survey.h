#pragma once
// One look at a data set before training: which rows cannot be used, how long they are, what is
// learnt, which checks fail.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/audit.h"
#include "data/checks.h"
#include "data/dataset.h"
#include "data/row_chunks.h"
#include "data/text_checks.h"
#include "data/text_context.h"

namespace automodel::data {

struct SurveyOptions {
  /// Rows to look at, evenly spread over the data set; 0: all.
  std::int64_t max_rows = 0;
  int num_threads = 1;
  CheckLimits limits;
  /// Names of checks that are not made.
  std::vector<std::string> disabled;
  /// Checks that tokenizer and template failed.
  std::vector<FailedTextCheck> text_failures = {};
  OnRows on_rows = {};
};

/// A row that cannot be used, with the error that using it gives.
struct BadRow {
  std::int64_t index = 0;
  std::string reason;
  bool operator==(const BadRow&) const = default;
};

struct FailedCheck {
  Check check = Check::no_trained_tokens;
  /// 0: it is a check of tokenizer and template.
  std::int64_t num_rows = 0;
  /// The first row that fails it, or what was found.
  std::string first;
  bool operator==(const FailedCheck&) const = default;
};

struct Survey {
  /// Rows of the data set, and the rows looked at.
  std::int64_t num_rows = 0;
  std::vector<std::int64_t> rows;
  /// Of the rows looked at that can be used: tokens, learnt tokens, documents.
  std::vector<std::int64_t> usable, lengths, trained;
  /// The same number for rows of the same tokens.
  std::vector<std::uint64_t> hashes;
  std::vector<BadRow> bad;
  std::vector<FailedCheck> failed;
  /// Rows of the files that the data set has not: malformed ones, or filtered out.
  std::int64_t num_left_out = 0;
  Audit audit = {};
  Duplicates duplicates = {};
  /// What encoding them took, on all threads together.
  double seconds = 0;
};

/// Tokenizes the rows on several threads. Throws what `on_rows` throws.
Survey survey(const Dataset& dataset, const TextContext& context, const SurveyOptions& options);

/// "3 of 10 rows ... (first rows.jsonl:4)", or what is wrong with tokenizer and template.
std::string describe_failure(const FailedCheck& failed, std::size_t num_rows);

struct PreparedDataset {
  std::shared_ptr<const Dataset> dataset;
  Survey survey;
};

/// The data set that training uses. Bad rows are an error that counts them and shows the first
/// ones; with `skip_invalid` the whole data set is looked at and they are left out.
/// Throws Error(corrupt_data) on bad rows, or if none is good; Error(invalid_argument) on a failed
/// check that is an error, naming it and the recipe's key that switches it off.
PreparedDataset prepare(std::shared_ptr<const Dataset> dataset, const TextContext& context,
                        SurveyOptions options, bool skip_invalid);

}  // namespace automodel::data
