#include "nn/layer_input.h"

#include <cmath>

#include "base/known.h"
#include "ops/embedding.h"

namespace automodel::nn {

LayerInputsTable::LayerInputsTable(const spec::ModelSpec& model, const Parameters& parameters)
    : spec_(known(model.layer_inputs)),
      pad_token_id_(model.pad_token_id),
      embedding_vq_(parameters.at("model.embed_tokens_per_layer.weight")),
      projection_(parameters.linear("model.per_layer_model_projection")),
      norm_(norm_layer(spec_.norm, parameters, "model.per_layer_projection_norm")) {}

std::vector<Tensor> LayerInputsTable::forward(const Tensor& ids_t, const Tensor& x_td,
                                              const Sequence& sequence) const {
  const auto by_layer = [this](const Tensor& x_tq) { return x_tq.unflatten(-1, {-1, spec_.dim}); };
  const double from_stream = 1 / std::sqrt(static_cast<double>(x_td.size(-1)));
  const Tensor projected_tlp =
      norm_(by_layer(ops::linear(x_td, at_step(projection_, sequence)) * from_stream));
  const Tensor own_tlp =
      by_layer(ops::embedding(ids_t, embedding_vq_, std::sqrt(static_cast<double>(spec_.dim)),
                              pad_token_id_, x_td.scalar_type()));
  return ((projected_tlp + own_tlp) * std::sqrt(0.5)).unbind(1);
}

LayerInputBranch::LayerInputBranch(const spec::LayerInput& spec, const spec::Norm& norm,
                                   const Parameters& parameters, const std::string& prefix)
    : activation_(activation_of(spec.activation)),
      gate_(parameters.linear(prefix + "per_layer_input_gate")),
      projection_(parameters.linear(prefix + "per_layer_projection")),
      norm_(norm_layer(norm, parameters, prefix + "post_per_layer_input_norm")) {}

Tensor LayerInputBranch::forward(const Tensor& x_td, const Sequence& sequence) const {
  const Tensor gate_tp = ops::activate(ops::linear(x_td, at_step(gate_, sequence)), activation_);
  return x_td + norm_(ops::linear(gate_tp * wanted(sequence.input_tp, sequence),
                                  at_step(projection_, sequence)));
}

}  // namespace automodel::nn
