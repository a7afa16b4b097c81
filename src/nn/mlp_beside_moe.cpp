#include "nn/mlp_beside_moe.h"

namespace automodel::nn {

MlpBesideMoeBlock::MlpBesideMoeBlock(const spec::MlpBesideMoe& spec, const Parameters& parameters,
                                     const std::string& prefix)
    : mlp_(spec.mlp, parameters, prefix + "mlp."),
      moe_(spec.moe, parameters, prefix + "mlp."),
      after_mlp_(norm_layer(spec.norm, parameters, prefix + "post_feedforward_layernorm_1")),
      before_moe_(norm_layer(spec.norm, parameters, prefix + "pre_feedforward_layernorm_2")),
      after_moe_(norm_layer(spec.norm, parameters, prefix + "post_feedforward_layernorm_2")) {}

Tensor MlpBesideMoeBlock::forward(const Tensor& normed_td, const Tensor& x_td,
                                  const Sequence& sequence, Ports& ports) const {
  return after_mlp_(mlp_.forward(wanted(normed_td, sequence), sequence, ports)) +
         after_moe_(moe_.forward(before_moe_(x_td), x_td, sequence, ports));
}

}  // namespace automodel::nn
