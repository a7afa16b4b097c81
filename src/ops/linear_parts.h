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

  Tensor forward(const Tensor& x_ti) const;
  /// Only the gradients that are needed; the others stay undefined. x_ti may be undefined if none
  /// of them needs it.
  Grads backward(const Tensor& grad_to, const Tensor& x_ti, const LinearGrads& needed) const;

  /// True if the backward of a trained weight will ask for x.
  bool needs_input() const;

  /// Saves `first` and then the parts themselves; restore() finds the parts behind num_first
  /// tensors.
  void save(torch::autograd::AutogradContext* context, torch::autograd::variable_list first) const;
  static LinearParts restore(torch::autograd::AutogradContext* context, std::size_t num_first);

 private:
  /// The adapter's parts, if there is one: what is added to y, and what to the gradient of x; the
  /// second sets out.a_ri and out.b_or.
  AddedProduct update_of(const Tensor& x_ti) const;
  AddedProduct add_update_grads(Grads& out, const Tensor& grad_to, const Tensor& x_ti,
                                const LinearGrads& needed) const;
};

}  // namespace automodel::ops
