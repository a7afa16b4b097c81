#pragma once
// The one batch form: all tokens of a micro-batch one after the other, no padding.

#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.h"

namespace automodel::data {

/// The label of a position where nothing is learnt.
inline constexpr std::int64_t kIgnoreLabel = -100;

/// T tokens of D documents. Documents do not attend to each other.
struct Batch {
  std::vector<std::int64_t> ids;  // [T]
  std::vector<std::int64_t>
      labels;  // [T]: the token (or class) to be predicted at t, or kIgnoreLabel
  std::vector<std::int64_t> positions;   // [T]: 0, 1, ... within each document
  std::vector<std::int32_t> cu_seqlens;  // [D + 1]: document d is [cu_seqlens[d], cu_seqlens[d+1])
  std::vector<std::int64_t> samples;     // [D]: the data set row of each document, -1 for filler
  bool operator==(const Batch&) const = default;
};

struct CollateOptions {
  /// Drops the last token of each document. Nothing is predicted from it, so loss and gradients
  /// stay the same; a document of one token is kept.
  bool drop_last_token = false;
};

/// Joins samples to a batch; a class that documents end in is the label of their last token; `rows`
/// are their data set rows, one per sample. Throws Error(invalid_argument) if there are no samples,
/// a document is empty, or there are more than 2^31 - 1 tokens.
Batch collate(std::span<const TokenizedSample> samples, std::span<const std::int64_t> rows,
              CollateOptions options = {});

/// What of a row a model can take at all.
struct RowLimits {
  std::int64_t vocab_size = 0;  // rows of the embedding; 0: not checked
  std::int64_t max_tokens = 0;  // of a document: positions that the model has learnt; 0: any number
};

/// The rows of the data set as a batch. Throws what the data set throws for one of them,
/// Error(corrupt_data) that names one which has no tokens or which the model cannot take.
Batch batch_of_rows(const Dataset& dataset, std::span<const std::int64_t> rows,
                    const RowLimits& limits, CollateOptions options);

/// The same tokens with nothing to learn: what a rank computes when there is no sample left for it
/// but the others wait for it.
Batch filler(Batch batch);

/// The positions where something is learnt.
std::int64_t num_label_tokens(const Batch& batch);

}  // namespace automodel::data
