#pragma once
// Where activations cross between ranks, and nowhere else. The defaults are those of one process.

#include <ATen/core/TensorBody.h>

#include "nn/sequence.h"
#include "ops/attention.h"

namespace automodel::nn {

class Ports {
 public:
  virtual ~Ports() = default;
  /// Before column-split weights: identity forward; backward sums the gradient over the
  /// tensor-parallel group.
  virtual Tensor enter(const Tensor& x_td) { return x_td; }
  /// After row-split weights: sums the partial results over the tensor-parallel group.
  virtual Tensor leave(const Tensor& x_td) { return x_td; }
  /// Attention of a sequence that may be split over the context-parallel group.
  virtual Tensor attend(const Tensor& q_thk, const Tensor& k_thk, const Tensor& v_thk,
                        const Sequence& sequence, const ops::AttentionOptions& options) {
    return ops::attention(q_thk, k_thk, v_thk, sequence.cu_seqlens, options);
  }
};

}  // namespace automodel::nn
