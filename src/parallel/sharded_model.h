#pragma once
// The model as training sees it, whatever it is split over. Today: one process that holds
// everything.

#include <cstdint>
#include <string>

#include "base/recompute.h"
#include "nn/decoder.h"
#include "nn/parameters.h"

namespace automodel::parallel {

using at::Tensor;

struct ModelOptions {
  at::ScalarType compute = at::kFloat;
  Recompute recompute = Recompute::off;
  at::Device device = at::kCPU;
};

/// What a micro-batch weighs in its optimizer step. With 1 / (labels of the step) and 1 / (tokens
/// of the step) the step's losses are the sums over its micro-batches.
struct LossWeights {
  double per_label = 1;
  double per_token = 0;  // of the routers' losses
  ops::LossTerms terms = {};
  double gradient_scale = 1;  // of all gradients, not of the losses that are returned
};

/// What a micro-batch came to.
struct MicroBatchResult {
  double loss = 0;               // of the tokens
  std::int64_t num_correct = 0;  // documents whose class a classifier's forward told
  nn::RouterReport routers;      // with their loss
  double forward_seconds = 0;
  double backward_seconds = 0;
};

class ShardedModel {
 public:
  /// Moves the parameters to the device. Adapters must be attached to them before. Tokens, scores
  /// and logits are in CPU memory, wherever the model is.
  ShardedModel(const spec::ModelSpec& spec, nn::Parameters parameters, const ModelOptions& options);

  /// Adds the gradients of the weighted sum of the micro-batch's token losses and of its routers'
  /// losses, and returns both. dropout_seed: of this micro-batch. `defers`: it is the only one
  /// before an update, which takes deferred_gradients() too.
  MicroBatchResult forward_backward(const nn::Tokens& tokens, const LossWeights& weights,
                                    std::uint64_t dropout_seed, bool defers = false);

  /// Those that were not computed.
  const ops::DeferredGradients& deferred_gradients() const { return deferred_; }
  /// Of one parameter, whether it was deferred or not; undefined: none.
  Tensor gradient_of(const nn::Parameter& parameter) const;

  /// Negative log-likelihood and correctness of every labelled token, in order. No gradient, no
  /// dropout.
  ops::RowScores score(const nn::Tokens& tokens) const;

  /// Where the first value of a forward that is not finite is: "the embedding", "the output of
  /// layer 3", "the final norm"; empty if all are finite.
  std::string find_non_finite(const nn::Tokens& tokens) const;

  /// Float32 logits [t, v], traced by autograd where gradients are on.
  Tensor logits(const nn::Tokens& tokens) const;
  /// Float32 logits [v] after the last token; the tokens continue the cache's document.
  Tensor last_logits(const nn::Tokens& tokens, nn::KvCache& cache) const;

  /// Global 2-norm of all gradients, in float64; parameters without gradient count as zero.
  double grad_norm() const;
  void zero_grad();
  /// Gradients that are narrower than float32 become float32, so that what the step's next
  /// micro-batches add to them is not rounded away; those that are rows, whole ones.
  void widen_grad();

  const spec::ModelSpec& spec() const { return decoder_.spec(); }
  const nn::Parameters& parameters() const { return parameters_; }
  nn::Parameters& parameters() { return parameters_; }
  const ModelOptions& options() const { return options_; }
  /// From the next micro-batch on. Changes memory and time, not results.
  void set_recompute(Recompute recompute) { options_.recompute = recompute; }

 private:
  nn::DecoderOutput forward(const nn::Tokens& tokens, const nn::ForwardOptions& options) const;
  nn::Tokens on_device(const nn::Tokens& tokens) const;

  nn::Parameters parameters_;
  nn::Decoder decoder_;
  ModelOptions options_;
  ops::DeferredGradients deferred_;
};

}  // namespace automodel::parallel
