#include "ops/embedding.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/error.h"
#include "base/meter.h"
#include "ops/row_gradient.h"
#include "ops/row_sums.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The gradient of an embedding: for each token that occurs the sum over its places, in float32,
/// rounded once. A common token has thousands.
GradientRows sums_by_token(const Tensor& grad_td, const Tensor& ids_t, std::int64_t padding_id) {
  const auto [sorted_t, places_t] = ids_t.sort(/*stable=*/true, 0, /*descending=*/false);
  const auto [ids_n, unused, counts_n] =
      at::unique_consecutive(sorted_t, /*return_inverse=*/false, /*return_counts=*/true);
  const Tensor counts = counts_n.cpu();
  const auto* first = counts.const_data_ptr<std::int64_t>();
  const Tensor sums_nd = grouped_row_sums({grad_td, places_t}, {first, first + counts.numel()});
  if (padding_id >= 0) {
    sums_nd.masked_fill_(ids_n.eq(padding_id).unsqueeze(1), 0);
  }
  return {ids_n, sums_nd};
}

struct Embedding : torch::autograd::Function<Embedding> {
  static Tensor forward(AutogradContext* context, const Tensor& weight_vd, const Tensor& ids_t,
                        std::int64_t padding_id) {
    context->save_for_backward({ids_t});
    context->saved_data["vocab_size"] = weight_vd.size(0);
    context->saved_data["padding_id"] = padding_id;
    return at::embedding(weight_vd, ids_t, padding_id);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const OperationTimer timer("embedding, gradient of weight");
    const GradientRows rows =
        sums_by_token(grads[0].contiguous(), context->get_saved_variables()[0],
                      context->saved_data["padding_id"].toInt());
    return {gradient_of(rows, context->saved_data["vocab_size"].toInt()), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor embedding(const Tensor& ids_t, const Tensor& weight_vd, double scale,
                 std::optional<std::int64_t> padding_id, at::ScalarType compute) {
  const OperationTimer timer("embedding");
  const auto low = ids_t.min().item<std::int64_t>();
  const auto high = ids_t.max().item<std::int64_t>();
  check(low >= 0 && high < weight_vd.size(0), ErrorKind::invalid_argument,
        "embedding: token id {} is outside the vocabulary of {}; do tokenizer and model belong "
        "together?",
        low < 0 ? low : high, weight_vd.size(0));
  // On a CPU LibTorch's gradient has all rows and sums bfloat16 in bfloat16; on a GPU in float32.
  Tensor x_td = weight_vd.is_cpu() ? Embedding::apply(weight_vd, ids_t, padding_id.value_or(-1))
                                   : at::embedding(weight_vd, ids_t, padding_id.value_or(-1));
  if (scale != 1) {
    x_td = x_td * at::scalar_tensor(scale, at::kFloat).to(weight_vd.scalar_type());
  }
  return x_td.to(compute);
}

}  // namespace automodel::ops
