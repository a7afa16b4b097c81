#pragma once
// Mixture of experts.

#include "nn/mlp.h"
#include "nn/norm.h"
#include "ops/experts.h"
#include "ops/router.h"

namespace automodel::nn {

ops::RouterOptions router_options(const spec::Moe& moe);

class MoeBlock {
 public:
  /// `prefix`: of its parameters, e.g. "model.layers.3.mlp.".
  MoeBlock(const spec::Moe& spec, const Parameters& parameters, const std::string& prefix);
  /// x_td: [t, d], normed. Returns the branch's output, [t, d]. The choice of experts is kept in
  /// sequence.routing and taken from there if it was already made.
  Tensor forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
    return forward(x_td, x_td, sequence, ports);
  }
  /// The same where the router looks at another tensor, router_td, [t, d].
  Tensor forward(const Tensor& x_td, const Tensor& router_td, const Sequence& sequence,
                 Ports& ports) const;

 private:
  Tensor logits(const Tensor& x_td, const Sequence& sequence) const;
  ops::Routing route(const Tensor& x_td, const Sequence& sequence) const;
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
