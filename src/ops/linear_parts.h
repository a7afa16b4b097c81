#pragma once
// The arithmetic of a linear layer with adapter, shared by the autograd nodes that contain one.

#include <span>
#include <utility>
#include <vector>

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
  /// Of a layer whose tensors_of() are the node's arguments from `first` on.
  static LinearGrads needed(const torch::autograd::AutogradContext& context, std::size_t first,
                            bool x_ti);
};

/// x with entries zeroed with probability p and the others scaled, the same for the same seed.
Tensor dropped(const Tensor& x, double p, std::uint64_t seed);

/// weight, bias, A and B for an autograd node's arguments, absent ones empty.
std::vector<Tensor> tensors_of(const Linear& layer);
inline constexpr std::size_t kTensorsPerLinear = 4;

struct LinearParts {
  Tensor weight_oi, bias_o, a_ri, b_or;
  AdapterOptions options;

  /// From what tensors_of() made.
  static LinearParts of(at::TensorList tensors, const AdapterOptions& options);

  struct Grads {
    Tensor x_ti, weight_oi, bias_o, a_ri, b_or;
    /// Those of the layer's own tensors, as tensors_of() orders them.
    void append_own(torch::autograd::variable_list& out) const {
      out.insert(out.end(), {weight_oi, bias_o, a_ri, b_or});
    }
  };

  struct Output {
    Tensor y_to;
    Tensor low_rt;  // scale * A x, rank first; undefined without adapter
  };

  Output forward(const Tensor& x_ti) const { return std::move(forward({this, 1}, x_ti)[0]); }
  /// Of layers that see the same input, computed together.
  static std::vector<Output> forward(std::span<const LinearParts> layers, const Tensor& x_ti);

  /// Only the gradients that are needed; the others stay undefined. low_rt is the forward's; it and
  /// x_ti may be undefined if none of the gradients needs them.
  Grads backward(const Tensor& grad_to, const Tensor& x_ti, const Tensor& low_rt,
                 const LinearGrads& needed) const {
    return std::move(backward({this, 1}, x_ti, {{grad_to, low_rt, needed}})[0]);
  }
  /// Of such layers; the first one's x_ti is the gradient of their input, if it is needed there.
  struct Seen {
    Tensor grad_to, low_rt;
    LinearGrads needed;
  };
  static std::vector<Grads> backward(std::span<const LinearParts> layers, const Tensor& x_ti,
                                     const std::vector<Seen>& seen);

  /// True if the backward of a trained weight will ask for x.
  bool needs_input() const;

  bool adapts() const { return a_ri.defined(); }
  bool drops_input() const { return adapts() && options.dropout > 0 && !options.dropout_after; }
  bool drops_update() const { return adapts() && options.dropout > 0 && options.dropout_after; }
};

}  // namespace automodel::ops
