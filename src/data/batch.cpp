#include "data/batch.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/error.h"
#include "data/checks.h"

namespace automodel::data {
namespace {

/// Where those of the document of entries [begin, end) end that the model reads.
std::size_t end_of_computed(const TokenizedSample& sample, std::size_t begin, std::size_t end,
                            bool drop_last_token) {
  return end - (sample.notes.ends_in_class || (drop_last_token && end - begin > 1) ? 1 : 0);
}

void append(Batch& batch, const TokenizedSample& sample, std::size_t begin, std::size_t end,
            bool drop_last_token) {
  const std::size_t used = end_of_computed(sample, begin, end, drop_last_token);
  for (std::size_t t = begin; t < used; ++t) {
    const bool learnt = t + 1 < end && sample.loss_mask[t + 1] != 0;
    batch.ids.push_back(sample.ids[t]);
    batch.labels.push_back(learnt ? sample.ids[t + 1] : kIgnoreLabel);
    batch.positions.push_back(static_cast<std::int64_t>(t - begin));
  }
  check(batch.ids.size() <= std::numeric_limits<std::int32_t>::max(), ErrorKind::invalid_argument,
        "a micro-batch has more than {} tokens; lower step_scheduler.local_batch_size",
        std::numeric_limits<std::int32_t>::max());
  batch.cu_seqlens.push_back(static_cast<std::int32_t>(batch.ids.size()));
}

/// Why a model of these limits cannot take the document of entries [begin, end); empty if it can.
std::string why_unfit(const TokenizedSample& sample, std::size_t begin, std::size_t end,
                      const RowLimits& limits, CollateOptions options) {
  if (begin == end) {
    return "no tokens: fill it or leave it out";
  }
  const auto computed = end_of_computed(sample, begin, end, options.drop_last_token);
  const auto num_tokens = static_cast<std::int64_t>(computed - begin);
  if (limits.max_tokens > 0 && num_tokens > limits.max_tokens) {
    return fmt::format(
        "{} tokens, but the model has learned {} positions: shorten it, or set seq_length and "
        "truncation: true",
        num_tokens, limits.max_tokens);
  }
  const auto used = sample.loss_mask[end - 1] != 0 ? end_of_tokens(sample, end) : computed;
  const auto ids = std::span(sample.ids).subspan(begin, used - begin);
  const auto foreign =
      std::ranges::find_if(ids, [&](std::int32_t id) { return id < 0 || id >= limits.vocab_size; });
  return limits.vocab_size == 0 || foreign == ids.end()
             ? ""
             : fmt::format(
                   "the token id {}, which the model's embedding of {} rows does not have: "
                   "mend it; if it is as it should be, {}",
                   *foreign, limits.vocab_size, info_of(Check::outside_vocabulary).advice);
}

void check_row(const TokenizedSample& sample, const Dataset& dataset, std::int64_t row,
               const RowLimits& limits, CollateOptions options) {
  std::size_t begin = 0;
  for (std::size_t d = 0; d < sample.document_lengths.size(); ++d) {
    const std::size_t end = begin + static_cast<std::size_t>(sample.document_lengths[d]);
    if (const auto reason = why_unfit(sample, begin, end, limits, options); !reason.empty()) {
      fail(ErrorKind::corrupt_data, "{}: the row has {}",
           dataset.document_location(row, static_cast<std::int64_t>(d)), reason);
    }
    begin = end;
  }
}

}  // namespace

Batch collate(std::span<const TokenizedSample> samples, std::span<const std::int64_t> rows,
              CollateOptions options) {
  check(!samples.empty() && samples.size() == rows.size(), ErrorKind::invalid_argument,
        "a micro-batch of {} samples and {} rows cannot be made", samples.size(), rows.size());
  Batch batch;
  batch.cu_seqlens.push_back(0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::size_t begin = 0;
    for (const std::int64_t length : samples[i].document_lengths) {
      check(length > 0, ErrorKind::invalid_argument, "row {} of the data set has no tokens",
            rows[i]);
      const std::size_t end = begin + static_cast<std::size_t>(length);
      append(batch, samples[i], begin, end, options.drop_last_token);
      batch.samples.push_back(rows[i]);
      begin = end;
    }
  }
  return batch;
}

Batch batch_of_rows(const Dataset& dataset, std::span<const std::int64_t> rows,
                    const RowLimits& limits, CollateOptions options) {
  std::vector<TokenizedSample> samples;
  for (const std::int64_t row : rows) {
    samples.push_back(dataset.sample(row));
    check_row(samples.back(), dataset, row, limits, options);
  }
  return collate(samples, rows, options);
}

Batch filler(Batch batch) {
  std::fill(batch.labels.begin(), batch.labels.end(), kIgnoreLabel);
  std::fill(batch.samples.begin(), batch.samples.end(), -1);
  return batch;
}

std::int64_t num_label_tokens(const Batch& batch) {
  return std::count_if(batch.labels.begin(), batch.labels.end(),
                       [](std::int64_t label) { return label != kIgnoreLabel; });
}

}  // namespace automodel::data
