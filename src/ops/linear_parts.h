#pragma once
// The arithmetic of a linear layer with adapter, shared by the autograd nodes that contain one.

#include "ops/linear.h"
#include "ops/matrix_product.h"

namespace automodel::ops {

/// The adapter's numbers without its tensors.
struct AdapterOptions {
  double scale = 1;
  double dropout = 0;
  bool dropout_after = false;
  std::uint64_t seed = 0;
  static AdapterOptions of(const std::optional<Adapter>& adapter);
};

struct LinearGrads {
  bool x_ti, weight_oi, bias_o, adapter;
};

/// x with entries zeroed with probability p and the others scaled, the same for the same seed.
Tensor dropped(const Tensor& x, double p, std::uint64_t seed);

/// weight, bias, A and B for an autograd node's arguments, absent ones empty.
std::vector<Tensor> tensors_of(const Linear& layer);

struct LinearParts {
  Tensor weight_oi, bias_o, a_ri, b_or;
  AdapterOptions options;

  /// From what tensors_of() made.
  static LinearParts of(at::TensorList tensors, const AdapterOptions& options);

  struct Grads {
    Tensor x_ti, weight_oi, bias_o, a_ri, b_or;
  };

  struct Output {
    Tensor y_to;
    Tensor low_rt;  // scale * A x, rank first; undefined without adapter
  };

  Output forward(const Tensor& x_ti) const;
  /// Only the gradients that are needed; the others stay undefined. low_rt is the forward's; it and
  /// x_ti may be undefined if none of the gradients needs them.
  Grads backward(const Tensor& grad_to, const Tensor& x_ti, const Tensor& low_rt,
                 const LinearGrads& needed) const;

  /// True if the backward of a trained weight will ask for x.
  bool needs_input() const;

  /// Saves `first` and then the parts themselves; restore() finds the parts behind num_first
  /// tensors.
  void save(torch::autograd::AutogradContext* context, torch::autograd::variable_list first) const;
  static LinearParts restore(torch::autograd::AutogradContext* context, std::size_t num_first);

 private:
  /// Output::low_rt.
  Tensor low_of(const Tensor& x_ti) const;
  /// What the gradients of an adapter are products of; undefined without one.
  struct UpdateInputs {
    Tensor grad_to, grad_rt;  // of what B and A make
    Tensor x_ti;              // what A saw, if it is trained
  };
  UpdateInputs update_inputs(const Tensor& grad_to, const Tensor& x_ti, bool trained) const;

  bool drops_input() const { return drops() && !options.dropout_after; }
  bool drops_update() const { return drops() && options.dropout_after; }
  bool drops() const { return a_ri.defined() && options.dropout > 0; }
};

}  // namespace automodel::ops
