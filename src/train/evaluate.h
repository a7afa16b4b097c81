#pragma once
// How good a model is on held-out rows.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "data/batch.h"
#include "data/dataset.h"
#include "parallel/sharded_model.h"

namespace automodel::train {

struct Evaluation {
  double loss = 0;            // mean over label tokens
  double token_accuracy = 0;  // share of label tokens that are the model's most likely token
  /// Share of rows with every label token right: what greedy decoding of the answer would give.
  double exact_match = 0;
  std::int64_t num_label_tokens = 0;
  std::int64_t num_rows = 0;  // those with label tokens
  bool of_classes = false;    // the labels are classes: token_accuracy is that of classification
  bool operator==(const Evaluation&) const = default;
};

/// Adds up scores of batches. A row may have several documents and lie in one batch only.
class ScoreSum {
 public:
  void add(const data::Batch& batch, const ops::RowScores& scores);
  /// Throws Error(invalid_argument) if nothing was labelled.
  Evaluation result() const;

 private:
  double nll_ = 0;
  std::int64_t correct_ = 0;
  std::int64_t labels_ = 0;
  std::int64_t exact_rows_ = 0;
  std::int64_t rows_ = 0;
};

/// Scores every row of the data set in its order, `batch_size` rows at a time. Nothing if `stops`,
/// which is asked before each batch, says so. Throws as data::batch_of_rows.
std::optional<Evaluation> evaluate(
    const parallel::ShardedModel& model, const data::Dataset& dataset, std::int64_t batch_size,
    const std::function<bool()>& stops = [] { return false; });

}  // namespace automodel::train
