#include "ops/linear.h"

#include <algorithm>

#include "base/error.h"
#include "ops/held.h"
#include "ops/linear_parts.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Saved: x, of each layer what its adapter keeps, and the layers.
struct LinearsNode : torch::autograd::Function<LinearsNode> {
  static variable_list forward(AutogradContext* context, const Tensor& x_ti, at::TensorList tensors,
                               const std::vector<AdapterOptions>& options) {
    const auto layers = layers_of(tensors, options);
    const auto found = LinearParts::forward(layers, x_ti);
    variable_list saved, out;
    saved.push_back(std::ranges::any_of(layers, &LinearParts::needs_input) ? x_ti : Tensor());
    for (const auto& [y_to, low_rt] : found) {
      saved.push_back(low_rt);
      out.push_back(y_to);
    }
    saved.insert(saved.end(), tensors.begin(), tensors.end());
    context->save_for_backward(std::move(saved));
    hold(context, options);
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto& options = held<std::vector<AdapterOptions>>(context);
    const auto saved = context->get_saved_variables();
    const auto layers = layers_of(at::TensorList(saved).slice(1 + options.size()), options);
    std::vector<LinearParts::Seen> seen;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      seen.push_back(
          {grads[i], saved[1 + i],
           LinearGrads::needed(*context, 1 + i * kTensorsPerLinear, context->needs_input_grad(0))});
    }
    const auto found = LinearParts::backward(layers, saved[0], seen);
    variable_list out = {found[0].x_ti};
    for (const auto& own : found) {
      own.append_own(out);
    }
    out.emplace_back();  // the options
    return out;
  }

 private:
  static std::vector<LinearParts> layers_of(at::TensorList tensors,
                                            const std::vector<AdapterOptions>& options) {
    std::vector<LinearParts> out;
    for (std::size_t i = 0; i < options.size(); ++i) {
      out.push_back(
          LinearParts::of(tensors.slice(i * kTensorsPerLinear, kTensorsPerLinear), options[i]));
    }
    return out;
  }
};

}  // namespace

Tensor linear(const Tensor& x_ti, const Linear& layer) { return linears(x_ti, {&layer, 1})[0]; }

std::vector<Tensor> linears(const Tensor& x_ti, std::span<const Linear> layers) {
  std::vector<Tensor> tensors;
  std::vector<AdapterOptions> options;
  for (const Linear& layer : layers) {
    check(x_ti.dim() == 2 && x_ti.size(1) == layer.weight_oi.size(1), ErrorKind::invalid_argument,
          "linear: input of width {} for a weight of [{}, {}]", x_ti.size(-1),
          layer.weight_oi.size(0), layer.weight_oi.size(1));
    const auto own = tensors_of(layer);
    tensors.insert(tensors.end(), own.begin(), own.end());
    options.push_back(AdapterOptions::of(layer.adapter));
  }
  return LinearsNode::apply(x_ti, at::TensorList(tensors), options);
}

}  // namespace automodel::ops
