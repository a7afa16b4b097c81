#pragma once
// What a training forward keeps for its backward, and what either needs besides.

#include <cstdint>
#include <set>
#include <string>

#include "base/recompute.h"
#include "spec/model_spec.h"

namespace automodel::plan {

/// Bytes of a float32.
inline constexpr std::int64_t kFloat = 4;

/// The form of one micro-batch on one rank and how it is computed.
struct BatchShape {
  std::int64_t rows = 1;
  std::int64_t row_tokens = 0;
  std::int64_t labels = 0;         // tokens that are predicted, of all rows
  std::int64_t compute_width = 4;  // bytes of a value
  Recompute recompute = Recompute::off;
  bool own_kernels = false;  // computed by our kernels for CPUs, not by LibTorch's operators
  std::int64_t threads = 1;  // theirs
  std::int64_t tokens() const { return rows * row_tokens; }
  bool operator==(const BatchShape&) const = default;
};

/// Linear layers whose input is kept since they, or their adapters, are trained; by name.
using TrainedLinears = std::set<std::string>;

/// Bytes of one layer's activations.
struct LayerBytes {
  std::int64_t kept = 0;   // until its backward
  std::int64_t again = 0;  // recomputed then, and held as long as it takes
};
LayerBytes layer_bytes(const spec::ModelSpec& model, std::size_t index, const BatchShape& batch,
                       const TrainedLinears& trained);

/// Arithmetic of what the backward of a micro-batch recomputes; forward_flops: of its forward.
double recomputed_flops(const spec::ModelSpec& model, const BatchShape& batch,
                        double forward_flops);

/// Bytes that the backward of a layer needs beside what is kept, at its widest point: of the
/// feed-forward or, behind that, of the attention.
std::int64_t backward_bytes(const spec::ModelSpec& model, std::size_t index,
                            const BatchShape& batch);

/// The loss is taken in chunks of this many labelled rows; the gradient of the head's weight is
/// summed over more than so many in float32.
inline constexpr std::int64_t kLossRows = 256;
inline constexpr std::int64_t kChunksOfNarrowSum = 8;

/// Bytes of hidden states around the head, and of the chunk of logits that the loss works on.
std::int64_t loss_kept_bytes(const spec::ModelSpec& model, const BatchShape& batch);
std::int64_t loss_chunk_bytes(const spec::ModelSpec& model, const BatchShape& batch);

}  // namespace automodel::plan
