#pragma once
// Per-layer embeddings: what every layer is given beside the stream, and the branch that adds it.
// Shapes: t tokens, d model width, p width of a layer's input, l layers.

#include <vector>

#include "nn/mlp.h"
#include "nn/norm.h"

namespace automodel::nn {

/// Makes the inputs of all layers.
class LayerInputsTable {
 public:
  LayerInputsTable(const spec::ModelSpec& model, const Parameters& parameters);
  /// x_td: the token embeddings, [t, d]. Returns [t, p] for each layer.
  std::vector<Tensor> forward(const Tensor& ids_t, const Tensor& x_td,
                              const Sequence& sequence) const;

 private:
  spec::LayerInputs spec_;
  std::optional<std::int64_t> pad_token_id_;
  Tensor embedding_vq_;  // [v, l * p]
  ops::Linear projection_;
  NormLayer norm_;
};

/// x + norm(projection(act(gate(x)) * input)).
class LayerInputBranch {
 public:
  /// `prefix`: of the layer, "model.layers.3."; `norm` that of the layer.
  LayerInputBranch(const spec::LayerInput& spec, const spec::Norm& norm,
                   const Parameters& parameters, const std::string& prefix);
  /// x_td: [t, d], the stream. Takes sequence.input_tp.
  Tensor forward(const Tensor& x_td, const Sequence& sequence) const;

 private:
  ops::Activation activation_;
  ops::Linear gate_, projection_;
  NormLayer norm_;
};

}  // namespace automodel::nn
