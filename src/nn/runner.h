#pragma once
// How one block is run: what is gathered before it, freed after it, and recomputed in the backward.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <functional>
#include <string>

namespace automodel::nn {

using at::Tensor;
using BlockFunction = std::function<Tensor(const Tensor& x_td)>;

class BlockRunner {
 public:
  virtual ~BlockRunner() = default;
  /// Runs block number `layer` on x. The same block function may be called again in the backward.
  virtual Tensor run(std::int64_t layer, const BlockFunction& block, const Tensor& x_td) = 0;
};

/// All weights here; keeps activations.
class LocalRunner final : public BlockRunner {
 public:
  Tensor run(std::int64_t layer, const BlockFunction& block, const Tensor& x_td) override;
};

/// All weights here; keeps only each block's input and runs the block again in the backward.
/// Bit-equal to LocalRunner.
class RecomputeRunner final : public BlockRunner {
 public:
  Tensor run(std::int64_t layer, const BlockFunction& block, const Tensor& x_td) override;
};

/// Looks for the first value that is not finite, to explain a loss that is not.
class CheckingRunner final : public BlockRunner {
 public:
  Tensor run(std::int64_t layer, const BlockFunction& block, const Tensor& x_td) override;
  /// "the embedding", "the output of layer 3", or empty: every value seen was finite.
  const std::string& found() const { return found_; }

 private:
  std::string found_;
};

}  // namespace automodel::nn
