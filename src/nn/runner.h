#pragma once
// How one block is run: what is gathered before it, freed after it, and recomputed in the backward.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace automodel::nn {

using at::Tensor;
/// First the residual stream x_td, [t, d]; behind it what the block takes from elsewhere in the
/// model (inputs) or leaves to later blocks (outputs). All that gradients flow through stands here.
using Tensors = std::vector<Tensor>;
using BlockFunction = std::function<Tensors(const Tensors& inputs)>;

class BlockRunner {
 public:
  virtual ~BlockRunner() = default;
  /// Runs block number `layer`. The same block function may be called again in the backward.
  virtual Tensors run(std::int64_t layer, const BlockFunction& block, const Tensors& inputs) = 0;
};

/// All weights here; keeps activations.
class LocalRunner final : public BlockRunner {
 public:
  Tensors run(std::int64_t layer, const BlockFunction& block, const Tensors& inputs) override;
};

/// All weights here; keeps only each block's inputs and runs the block again in the backward, where
/// one reaches it: blocks below all that is trained run once. Bit-equal to LocalRunner.
class RecomputeRunner final : public BlockRunner {
 public:
  Tensors run(std::int64_t layer, const BlockFunction& block, const Tensors& inputs) override;
};

/// Looks for the first value that is not finite, to explain a loss that is not.
class CheckingRunner final : public BlockRunner {
 public:
  Tensors run(std::int64_t layer, const BlockFunction& block, const Tensors& inputs) override;
  /// "the embedding", "the output of layer 3", or empty: every value seen was finite.
  const std::string& found() const { return found_; }

 private:
  std::string found_;
};

}  // namespace automodel::nn
