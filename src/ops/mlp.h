#pragma once
// Feed-forward blocks.

#include "ops/glu.h"
#include "ops/linear.h"

namespace automodel::ops {

/// What becomes of gate(x) and up(x), of a feed-forward's inner width, until the backward.
/// Recomputed ones give the same bytes.
enum class Inner { kept, recomputed };

struct MlpOptions {
  Activation activation = Activation::silu;
  Inner inner = Inner::kept;
};

/// down(act(gate(x)) * up(x)). x_td: [t, d]; returns [t, d] in x's dtype. What down sees is always
/// recomputed in the backward. Source: Shazeer 2020.
Tensor gated_mlp(const Tensor& x_td, const Linear& gate, const Linear& up, const Linear& down,
                 const MlpOptions& options);

/// down(act(up(x))).
Tensor plain_mlp(const Tensor& x_td, const Linear& up, const Linear& down,
                 const MlpOptions& options);

}  // namespace automodel::ops
