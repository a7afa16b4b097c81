#pragma once
// Token embedding.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <optional>

namespace automodel::ops {

using at::Tensor;

/// weight_vd rows of ids_t, in compute dtype, times `scale` rounded to the weight's dtype (as HF's
/// Gemma does). The row of `padding_id` gets no gradient; on a
/// CPU the weight's is sparse: it has the rows of tokens that occur (row_gradient.h). Throws
/// Error(invalid_argument) for an id outside [0, v).
Tensor embedding(const Tensor& ids_t, const Tensor& weight_vd, double scale,
                 std::optional<std::int64_t> padding_id, at::ScalarType compute);

}  // namespace automodel::ops
