#include "ops/embedding.h"

#include "base/error.h"
#include "base/meter.h"

namespace automodel::ops {

Tensor embedding(const Tensor& ids_t, const Tensor& weight_vd, double scale,
                 std::optional<std::int64_t> padding_id, at::ScalarType compute) {
  const OperationTimer timer("embedding");
  const auto low = ids_t.min().item<std::int64_t>();
  const auto high = ids_t.max().item<std::int64_t>();
  check(low >= 0 && high < weight_vd.size(0), ErrorKind::invalid_argument,
        "embedding: token id {} is outside the vocabulary of {}; do tokenizer and model belong "
        "together?",
        low < 0 ? low : high, weight_vd.size(0));
  Tensor x_td = at::embedding(weight_vd, ids_t, padding_id.value_or(-1));
  if (scale != 1) {
    x_td = x_td * at::scalar_tensor(scale, at::kFloat).to(weight_vd.scalar_type());
  }
  return x_td.to(compute);
}

}  // namespace automodel::ops
