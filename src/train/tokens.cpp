#include "train/tokens.h"

#include <ATen/ATen.h>

#include "ops/cross_entropy.h"

namespace automodel::train {
namespace {

static_assert(data::kIgnoreLabel == ops::kIgnoreIndex);

at::Tensor to_tensor(const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::kLong);
}

}  // namespace

data::RowLimits row_limits(const spec::ModelSpec& spec) {
  const auto& learnt = spec.positions;
  return {.vocab_size = spec.vocab_size, .max_tokens = learnt ? learnt->count - learnt->offset : 0};
}

nn::Tokens to_tokens(const data::Batch& batch) {
  return {.ids_t = to_tensor(batch.ids),
          .labels_t = to_tensor(batch.labels),
          .positions_t = to_tensor(batch.positions),
          .cu_seqlens = batch.cu_seqlens};
}

}  // namespace automodel::train
