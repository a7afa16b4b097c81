#include "train/evaluate.h"

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "train/tokens.h"

namespace automodel::train {
namespace {

data::Batch batch_at(const data::Dataset& dataset, std::int64_t begin, std::int64_t end,
                     const data::RowLimits& limits) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return data::batch_of_rows(dataset, rows, limits, {.drop_last_token = true});
}

}  // namespace

void ScoreSum::add(const data::Batch& batch, const ops::RowScores& scores) {
  const at::Tensor correct_n = scores.correct_n.cpu().contiguous(),
                   nll_n = scores.nll_n.cpu().contiguous();
  const bool* correct = correct_n.const_data_ptr<bool>();
  const float* nll = nll_n.const_data_ptr<float>();
  std::map<std::int64_t, bool> all_right;  // by row
  for (std::size_t document = 0; document < batch.samples.size(); ++document) {
    const auto begin = static_cast<std::size_t>(batch.cu_seqlens[document]);
    const auto end = static_cast<std::size_t>(batch.cu_seqlens[document + 1]);
    for (std::size_t t = begin; t < end; ++t) {
      if (batch.labels[t] != data::kIgnoreLabel) {
        nll_ += *nll++;  // in this order, whatever the number of threads
        const bool right = *correct++;
        correct_ += right ? 1 : 0;
        auto& row = all_right.try_emplace(batch.samples[document], true).first->second;
        row = row && right;
      }
    }
  }
  labels_ += correct_n.numel();
  rows_ += static_cast<std::int64_t>(all_right.size());
  for (const auto& [row, right] : all_right) {
    exact_rows_ += right ? 1 : 0;
  }
}

Evaluation ScoreSum::result() const {
  check(labels_ > 0, ErrorKind::invalid_argument,
        "validation: no token of the data set is labelled, there is nothing to measure");
  check(std::isfinite(nll_), ErrorKind::invalid_argument,
        "validation: the loss is {}; a weight or an output of the model is no finite number any "
        "more. Go on from an earlier checkpoint with a lower learning rate",
        nll_);
  const auto labels = static_cast<double>(labels_);
  return {.loss = nll_ / labels,
          .token_accuracy = static_cast<double>(correct_) / labels,
          .exact_match = static_cast<double>(exact_rows_) / static_cast<double>(rows_),
          .num_label_tokens = labels_,
          .num_rows = rows_};
}

std::optional<Evaluation> evaluate(const parallel::ShardedModel& model,
                                   const data::Dataset& dataset, std::int64_t batch_size,
                                   const std::function<bool()>& stops) {
  ScoreSum sum;
  for (std::int64_t begin = 0; begin < dataset.size(); begin += batch_size) {
    if (stops()) {
      return std::nullopt;
    }
    const auto end = std::min(begin + batch_size, dataset.size());
    const auto batch = batch_at(dataset, begin, end, row_limits(model.spec()));
    sum.add(batch, model.score(to_tokens(batch)));
  }
  auto out = sum.result();
  out.of_classes = model.spec().is_classifier();
  return out;
}

}  // namespace automodel::train
