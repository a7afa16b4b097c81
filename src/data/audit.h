#pragma once
// What `automodel data` tells beyond the survey: beginnings and ends, duplicates, speed.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/text_context.h"

namespace automodel::data {

struct Audit {
  std::int64_t num_rows = 0, num_documents = 0, num_tokens = 0;
  /// Documents that begin with the tokenizer's BOS token, end in its EOS token, and learn that.
  std::int64_t begin_with_bos = 0, end_in_eos = 0, learn_eos = 0;
  /// Rows of the same tokens as one before, and the first of them.
  std::int64_t num_duplicates = 0;
  std::string first_duplicate;
  /// Time that encoding took, on all threads together.
  double seconds = 0;
};

/// Encodes the rows, which can all be used, on `num_threads` threads.
Audit audit(const Dataset& dataset, std::span<const std::int64_t> rows, const TextContext& context,
            int num_threads);

/// One line for each thing that the audit counts.
std::vector<std::string> describe_audit(const Audit& audit);

/// Lengths in at most 12 classes of equal width as lines with bars: "  64 -  127 |####     | 12".
std::vector<std::string> length_histogram(std::span<const std::int64_t> lengths);

}  // namespace automodel::data
