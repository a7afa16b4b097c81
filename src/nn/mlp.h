#pragma once
// Dense feed-forward.

#include "nn/parameters.h"
#include "nn/ports.h"
#include "ops/mlp.h"

namespace automodel::nn {

ops::Activation activation_of(spec::Activation activation);

class MlpBlock {
 public:
  /// `prefix`: of its linear layers, e.g. "model.layers.3.mlp.".
  MlpBlock(const spec::Mlp& spec, const Parameters& parameters, const std::string& prefix);
  /// x_td: [t, d], normed. Returns the branch's output, [t, d].
  Tensor forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;

 private:
  spec::Mlp spec_;
  ops::Linear gate_, up_, down_;
};

}  // namespace automodel::nn
