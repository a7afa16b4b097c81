#include "data/batch.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace automodel::data {
namespace {

void append(Batch& batch, const TokenizedSample& sample, std::size_t begin, std::size_t end,
            bool drop_last_token) {
  const bool drops_last = sample.notes.ends_in_class || (drop_last_token && end - begin > 1);
  const std::size_t used = end - (drops_last ? 1 : 0);
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
