#include "nn/norm.h"

namespace automodel::nn {

NormLayer norm_layer(const spec::Norm& norm, const Parameters& parameters,
                     const std::string& prefix) {
  using Kind = ops::NormOptions::Kind;
  return {norm.has_weight ? parameters.at(prefix + ".weight") : Tensor(),
          norm.has_bias ? parameters.at(prefix + ".bias") : Tensor(),
          {.kind = norm.kind == spec::Norm::Kind::rms ? Kind::rms : Kind::layer,
           .eps = norm.eps,
           .weight_offset = norm.weight_offset,
           .gain_in_float32 = norm.gain_in_float32}};
}

}  // namespace automodel::nn
