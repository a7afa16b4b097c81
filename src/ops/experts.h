#pragma once
// Routed experts: every token through the experts that were chosen for it.
// Shapes: t tokens, d their width, e experts, i their inner width, k experts per token.

#include "ops/deferred_gradients.h"
#include "ops/mlp.h"

namespace automodel::ops {

/// One linear layer of every expert.
struct ExpertLinear {
  Tensor weight_eoi;               // [e, out, in]
  Tensor bias_eo;                  // undefined: none
  std::optional<Adapter> adapter;  // a [e, rank, in], b [e, out, rank]
};

struct ExpertWeights {
  ExpertLinear gate, up, down;
};

struct Routing {
  Tensor experts_tk;  // int64, [0, e); different within a row
  Tensor weights_tk;  // compute dtype or float32; the sum over k is taken in this precision
};

/// sum over k of weight * down(glu(gate(x), up(x))) of the chosen experts; [t, d] in x's dtype.
/// One matrix product per expert with tokens; experts without tokens cost nothing and get a zero
/// gradient. Deterministic: no sum depends on the order of threads.
/// Gradients of weights go to `deferred`, which must outlive the backward, where it takes them.
/// Throws Error(invalid_argument) for shapes that do not fit.
Tensor experts(const Tensor& x_td, const Routing& routing, const ExpertWeights& weights,
               const GluOptions& options, Inner inner = Inner::kept,
               DeferredGradients* deferred = nullptr);

/// As experts(), with the weight applied to the expert's input instead of its output.
/// Source: transformers Llama4TextMoe.
Tensor experts_of_weighted_input(const Tensor& x_td, const Routing& routing,
                                 const ExpertWeights& weights, const GluOptions& options,
                                 Inner inner = Inner::kept, DeferredGradients* deferred = nullptr);

}  // namespace automodel::ops
