#pragma once
// One decoder layer: two residual branches and their norms.

#include <variant>

#include "nn/gqa.h"
#include "nn/layer_input.h"
#include "nn/mla.h"
#include "nn/mlp_beside_moe.h"

namespace automodel::nn {

/// What the stream and the branch weigh where the branch is added.
struct ResidualWeights {
  double stream = 1;
  double branch = 1;
};
/// Of the layer's first (0) or second (1) addition.
ResidualWeights residual_weights(const spec::Layer& layer, std::int64_t addition);

class Block {
 public:
  Block(const spec::Layer& spec, const Parameters& parameters, std::int64_t layer,
        std::size_t rope_index);
  /// x_td: [t, d], the residual stream. Returns it after this layer, the wanted rows.
  Tensor forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;

 private:
  /// A branch's output as it is added to the stream: normed where that comes before the sum,
  /// scaled.
  Tensor finish_branch(const Tensor& y_td, const std::optional<NormLayer>& norm,
                       double weight) const;
  Tensor mix(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;
  /// x_td: the stream that normed_td was made from. Of the wanted rows.
  Tensor feed(const Tensor& normed_td, const Tensor& x_td, const Sequence& sequence,
              Ports& ports) const;
  /// The stream after both branches, the wanted rows.
  Tensor add_branches(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;
  Tensor in_parallel(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;

  std::variant<GqaBlock, MlaBlock> mixer_;
  std::variant<MlpBlock, MoeBlock, MlpBesideMoeBlock> ffn_;
  spec::NormPlacement placement_;
  ResidualWeights mixer_weights_, ffn_weights_;
  std::optional<NormLayer> before_mixer_, after_mixer_, before_ffn_, after_ffn_;
  std::optional<LayerInputBranch> input_;
  Tensor scalar_;  // [1]; undefined: none
};

}  // namespace automodel::nn
