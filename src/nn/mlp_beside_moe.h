#pragma once
// A dense feed-forward beside a routed one.

#include "nn/moe.h"
#include "nn/norm.h"

namespace automodel::nn {

class MlpBesideMoeBlock {
 public:
  /// `prefix`: of the layer, "model.layers.3.".
  MlpBesideMoeBlock(const spec::MlpBesideMoe& spec, const Parameters& parameters,
                    const std::string& prefix);
  /// normed_td: [t, d], for the dense one; x_td: the stream that it was normed from. Returns the
  /// branch's output, [t, d].
  Tensor forward(const Tensor& normed_td, const Tensor& x_td, const Sequence& sequence,
                 Ports& ports) const;

 private:
  MlpBlock mlp_;
  MoeBlock moe_;
  NormLayer after_mlp_, before_moe_, after_moe_;
};

}  // namespace automodel::nn
