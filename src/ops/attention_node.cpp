#include "ops/attention_node.h"

#include <ATen/ATen.h>

#include <array>

#include "base/meter.h"
#include "ops/cpu/attention.h"
#include "ops/cpu/operands.h"
#include "ops/held.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What is no input of the node.
struct Settings {
  const cpu::Kernels* kernels;
  std::vector<std::int32_t> cu_seqlens;
  AttentionOptions options;  // without the sinks, which are an input
};

/// The inputs as the kernels take them, and the tensors behind them.
struct Prepared {
  Prepared(const Settings& settings, const Tensor& q_thk, const Tensor& k_thk, const Tensor& v_thk,
           const Tensor& sinks_h)
      : q(cpu::with_contiguous_heads(q_thk)),
        k(cpu::with_contiguous_heads(k_thk)),
        v(cpu::with_contiguous_heads(v_thk)) {
    const auto& options = settings.options;
    if (sinks_h.defined()) {
      sinks = sinks_h.detach().to(at::kFloat).contiguous();
      inputs.rule.sinks = sinks.const_data_ptr<float>();
    }
    if (options.slopes_h.defined()) {
      slopes = options.slopes_h.detach().to(at::kFloat).contiguous();
      inputs.rule.slopes = slopes.const_data_ptr<float>();
      inputs.rule.slope_scale = static_cast<float>(options.slope_scale);
      inputs.rule.rounds_slopes = options.slopes_in_bfloat16;
    }
    inputs.shape = {q.size(1), k.size(1), q.size(2), v.size(2)};
    inputs.rule.scale = static_cast<float>(options.scale);
    inputs.rule.softcap = static_cast<float>(options.softcap.value_or(0));
    inputs.rule.window = options.window.value_or(0);
    inputs.rule.chunk = options.chunk.value_or(0);
    inputs.cu_seqlens = settings.cu_seqlens;
    inputs.q = cpu::heads_of(q);
    inputs.k = cpu::heads_of(k);
    inputs.v = cpu::heads_of(v);
  }

  Tensor q, k, v, sinks, slopes;
  cpu::AttentionInputs inputs;
};

struct AttentionNode : torch::autograd::Function<AttentionNode> {
  static Tensor forward(AutogradContext* context, const Tensor& q_thk, const Tensor& k_thk,
                        const Tensor& v_thk, const Tensor& sinks_or_empty,
                        const Settings& settings) {
    const OperationTimer timer("attention");
    const Tensor sinks_h = or_undefined(sinks_or_empty);
    const Prepared prepared(settings, q_thk, k_thk, v_thk, sinks_h);
    const Tensor out_thk =
        at::empty({q_thk.size(0), q_thk.size(1), v_thk.size(2)}, q_thk.options());
    const Tensor log_sums_th = at::empty({q_thk.size(0), q_thk.size(1)}, at::kFloat);
    cpu::attention_forward(*settings.kernels, prepared.inputs, cpu::heads_of(out_thk),
                           log_sums_th.mutable_data_ptr<float>());
    context->save_for_backward({q_thk, k_thk, v_thk, out_thk, log_sums_th, sinks_h});
    hold(context, settings);
    return out_thk;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const OperationTimer timer("attention, gradients");
    const auto& settings = held<Settings>(context);
    const auto saved = context->get_saved_variables();
    const Prepared prepared(settings, saved[0], saved[1], saved[2], saved[5]);
    const Tensor grad_thk = cpu::with_contiguous_heads(grads[0]);
    const Tensor &out_thk = saved[3], &log_sums_th = saved[4];
    const auto& kernels = *settings.kernels;
    const Tensor dots_th = at::empty_like(log_sums_th);
    cpu::attention_dots(kernels, {.a = cpu::heads_of(grad_thk),
                                  .b = cpu::heads_of(out_thk),
                                  .token_end = out_thk.size(0),
                                  .heads = out_thk.size(1),
                                  .width = out_thk.size(2),
                                  .out = dots_th.mutable_data_ptr<float>()});
    std::array<Tensor, 3> out;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = at::empty(saved[i].sizes(), saved[i].options());
    }
    cpu::attention_backward(kernels, prepared.inputs,
                            {.grad_out = cpu::heads_of(grad_thk),
                             .log_sums = log_sums_th.const_data_ptr<float>(),
                             .dots = dots_th.const_data_ptr<float>(),
                             .grad_q = cpu::heads_of(out[0]),
                             .grad_k = cpu::heads_of(out[1]),
                             .grad_v = cpu::heads_of(out[2])});
    Tensor grad_sinks;
    if (prepared.sinks.defined() && context->needs_input_grad(3)) {
      grad_sinks = -((prepared.sinks - log_sums_th).exp_() * dots_th).sum(0);
      grad_sinks = grad_sinks.to(saved[5].scalar_type());
    }
    return {out[0], out[1], out[2], grad_sinks, Tensor()};
  }
};

}  // namespace

bool attention_kernel_applies(const cpu::Kernels& kernels, const Tensor& q_thk, const Tensor& k_thk,
                              const Tensor& v_thk) {
  const auto dtype = q_thk.scalar_type();
  const bool stored = dtype == at::kFloat || dtype == at::kBFloat16;
  return q_thk.is_cpu() && stored && k_thk.scalar_type() == dtype && v_thk.scalar_type() == dtype &&
         q_thk.size(2) <= kernels.attention.max_width &&
         v_thk.size(2) <= kernels.attention.max_width;
}

Tensor attention_by_kernel(const cpu::Kernels& kernels, const Tensor& q_thk, const Tensor& k_thk,
                           const Tensor& v_thk, const std::vector<std::int32_t>& cu_seqlens,
                           const AttentionOptions& options) {
  Settings settings{&kernels, cu_seqlens, options};
  settings.options.sinks_h = Tensor();
  return AttentionNode::apply(q_thk, k_thk, v_thk, or_empty(options.sinks_h), settings);
}

}  // namespace automodel::ops
