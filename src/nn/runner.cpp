#include "nn/runner.h"

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "ops/held.h"
#include "tensor/finite.h"

namespace automodel::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool any_requires_grad(const Tensors& tensors) {
  return std::ranges::any_of(tensors, [](const Tensor& x) { return x.requires_grad(); });
}

/// `anchor` requires a gradient, so that the node is recorded even where the inputs need none.
/// `outputs`: of the block, if it has run already; else empty.
struct RecomputedBlock : torch::autograd::Function<RecomputedBlock> {
  static variable_list forward(AutogradContext* context, at::TensorList inputs,
                               const Tensor& /*anchor*/, const BlockFunction& block,
                               const Tensors& outputs) {
    context->save_for_backward(inputs.vec());
    ops::hold(context, block);
    return outputs.empty() ? block(inputs.vec()) : outputs;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto& block = ops::held<BlockFunction>(context);
    variable_list inputs = context->get_saved_variables();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] = inputs[i].detach().requires_grad_(context->needs_input_grad(i));
    }
    run_again(block, inputs, grads);
    variable_list input_grads;
    for (const auto& input : inputs) {
      input_grads.push_back(input.grad());
    }
    input_grads.resize(inputs.size() + 3);  // none for the anchor, the function and the outputs
    return input_grads;
  }

  static void run_again(const BlockFunction& block, const variable_list& inputs,
                        const variable_list& grads) {
    const at::AutoGradMode record(true);
    const auto outputs = block(inputs);
    variable_list traced, traced_grads;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].requires_grad()) {
        traced.push_back(outputs[i]);
        traced_grads.push_back(grads[i]);
      }
    }
    torch::autograd::backward(traced, traced_grads);
  }
};

}  // namespace

Tensors LocalRunner::run(std::int64_t /*layer*/, const BlockFunction& block,
                         const Tensors& inputs) {
  return block(inputs);
}

Tensors RecomputeRunner::run(std::int64_t /*layer*/, const BlockFunction& block,
                             const Tensors& inputs) {
  if (!at::GradMode::is_enabled()) {
    return block(inputs);
  }
  Tensors outputs;
  if (!any_requires_grad(inputs)) {
    // Below all that is trained nothing is recorded, and nothing is left to recompute.
    outputs = block(inputs);
    if (!any_requires_grad(outputs)) {
      return outputs;
    }
    for (auto& output : outputs) {
      output = output.detach();  // What was recorded goes: it would be the block's activations.
    }
  }
  const Tensor anchor = at::zeros({}, inputs.front().options()).requires_grad_(true);
  return RecomputedBlock::apply(at::TensorList(inputs), anchor, block, outputs);
}

Tensors CheckingRunner::run(std::int64_t layer, const BlockFunction& block, const Tensors& inputs) {
  if (found_.empty() && layer == 0 && first_non_finite(inputs.front())) {
    found_ = "the embedding";
  }
  Tensors outputs = block(inputs);
  if (found_.empty() && first_non_finite(outputs.front())) {
    found_ = fmt::format("the output of layer {}", layer);
  }
  return outputs;
}

}  // namespace automodel::nn
