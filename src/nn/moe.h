#pragma once
// Mixture of experts.

#include "nn/mlp.h"
#include "nn/norm.h"
#include "ops/experts.h"
#include "ops/router_loss.h"

namespace automodel::nn {

/// What a router adds to the loss before coefficients, as sums over the tokens; zero where the spec
/// has no such loss. Blocks hand it on as one tensor, [e + 2] float32, in this order.
struct RouterSums {
  Tensor probability_e, sequence_balance, z;
  Tensor joined() const;
  static RouterSums of(const Tensor& joined);
};

class MoeBlock {
 public:
  /// `prefix`: of its parameters, e.g. "model.layers.3.mlp.".
  MoeBlock(const spec::Moe& spec, const Parameters& parameters, const std::string& prefix);
  /// x_td: [t, d], normed. Returns the branch's output of the wanted rows; all are routed. The
  /// choice of experts is kept in sequence.routing and taken from there if it was already made;
  /// what the router adds to the loss goes to sequence.router_sums.
  Tensor forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
    return forward(x_td, x_td, sequence, ports);
  }
  /// The same where the router looks at another tensor, router_td, [t, d].
  Tensor forward(const Tensor& x_td, const Tensor& router_td, const Sequence& sequence,
                 Ports& ports) const;

 private:
  Tensor logits(const Tensor& x_td, const Sequence& sequence) const;
  Tensor scales(const Tensor& x_td, const Tensor& experts_tk) const;
  ops::Routing route(const Tensor& x_td, const Sequence& sequence) const;
  /// The experts of each token: those of sequence.routing, or chosen now and kept there.
  Tensor decide(const Tensor& logits_te, const Sequence& sequence) const;
  ops::Routing even(const Tensor& x_td, const Sequence& sequence) const;
  Tensor sums(const Tensor& logits_te, const Tensor& experts_tk, const Sequence& sequence) const;
  Tensor shared(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;

  spec::Moe spec_;
  ops::RouterOptions router_options_;
  ops::Linear gate_;
  std::optional<NormLayer> gate_norm_;
  Tensor correction_e_;
  Tensor scale_e_;  // undefined: none
  ops::ExpertWeights experts_;
  ops::GluOptions glu_;
  std::optional<MlpBlock> shared_;
  std::optional<ops::Linear> shared_gate_;
};

}  // namespace automodel::nn
