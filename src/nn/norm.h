#pragma once
// A norm with its weights.

#include "nn/parameters.h"
#include "ops/norm.h"

namespace automodel::nn {

struct NormLayer {
  Tensor weight_d, bias_d;
  ops::NormOptions options;
  Tensor operator()(const Tensor& x) const { return ops::norm(x, weight_d, bias_d, options); }
};

/// The norm `<prefix>.weight` / `.bias` of this spec.
NormLayer norm_layer(const spec::Norm& norm, const Parameters& parameters,
                     const std::string& prefix);

}  // namespace automodel::nn
