#pragma once
// Rotary position embedding.

#include <ATen/core/TensorBody.h>

namespace automodel::ops {

using at::Tensor;

/// cos and sin of every token's angles, [t, dim / 2] each, in the model's compute dtype (as HF has
/// them).
struct RopeTables {
  Tensor cos_tr;
  Tensor sin_tr;
};

/// Angles position * inverse_frequency in float32, scaled by attention_factor, cast to dtype.
/// positions_t: [t] int64; inverse_frequencies_r: [dim / 2] float32.
RopeTables rope_tables(const Tensor& positions_t, const Tensor& inverse_frequencies_r,
                       double attention_factor, at::ScalarType dtype);

/// Rotates the first 2r entries of each head and passes the others through.
/// x_thk: [t, heads, head width]. Pairs are (j, j + r), or (2j, 2j + 1) if interleaved; the result
/// is in x's order. One autograd node that saves only the tables. Throws Error(invalid_argument) if
/// 2r exceeds the head width. Source: Su et al. 2021; matches transformers apply_rotary_pos_emb.
Tensor rope(const Tensor& x_thk, const RopeTables& tables, bool interleaved);

}  // namespace automodel::ops
