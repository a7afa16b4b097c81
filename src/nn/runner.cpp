#include "nn/runner.h"

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include "tensor/finite.h"

namespace automodel::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct HeldBlock : torch::CustomClassHolder {
  explicit HeldBlock(BlockFunction f) : function(std::move(f)) {}
  BlockFunction function;
};

/// `anchor` requires a gradient, so that the node is recorded even where x needs none (first block,
/// frozen embedding).
struct RecomputedBlock : torch::autograd::Function<RecomputedBlock> {
  static Tensor forward(AutogradContext* context, const Tensor& x_td, const Tensor& /*anchor*/,
                        const BlockFunction& block) {
    context->save_for_backward({x_td});
    context->saved_data["block"] = c10::IValue::make_capsule(c10::make_intrusive<HeldBlock>(block));
    return block(x_td);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto held = context->saved_data["block"].toCapsule();
    const auto& block = static_cast<HeldBlock*>(held.get())->function;
    const Tensor saved = context->get_saved_variables()[0];
    const Tensor x_td = saved.detach().requires_grad_(context->needs_input_grad(0));
    {
      const at::AutoGradMode record(true);
      const Tensor y_td = block(x_td);
      torch::autograd::backward({y_td}, {grads[0]});
    }
    return {x_td.grad(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor LocalRunner::run(std::int64_t /*layer*/, const BlockFunction& block, const Tensor& x_td) {
  return block(x_td);
}

Tensor RecomputeRunner::run(std::int64_t /*layer*/, const BlockFunction& block,
                            const Tensor& x_td) {
  if (!at::GradMode::is_enabled()) {
    return block(x_td);
  }
  const Tensor anchor = at::zeros({}, x_td.options()).requires_grad_(true);
  return RecomputedBlock::apply(x_td, anchor, block);
}

Tensor CheckingRunner::run(std::int64_t layer, const BlockFunction& block, const Tensor& x_td) {
  if (found_.empty() && layer == 0 && first_non_finite(x_td)) {
    found_ = "the embedding";
  }
  Tensor y_td = block(x_td);
  if (found_.empty() && first_non_finite(y_td)) {
    found_ = fmt::format("the output of layer {}", layer);
  }
  return y_td;
}

}  // namespace automodel::nn
