#include "ops/gates.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "base/division.h"
#include "tensor/threads.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Of one thread: a multiple of all registers, and less than LibTorch shares out.
constexpr std::int64_t kEntriesOfPart = 1 << 14;

/// f(out, in) writes what it makes of each entry.
template <class Function>
Tensor by_parts(const Tensor& x, const Function& f) {
  const Tensor in = x.contiguous();
  Tensor out = at::empty_like(in);
  if (!in.is_cpu() || in.numel() <= kEntriesOfPart) {
    f(out, in);
    return out;
  }
  const Tensor from = in.flatten(), to = out.view(-1);
  for_each_task(ceil_div(in.numel(), kEntriesOfPart), [&](std::int64_t part, std::int64_t) {
    const at::NoGradGuard no_grad;
    const std::int64_t begin = part * kEntriesOfPart;
    const std::int64_t end = std::min(begin + kEntriesOfPart, in.numel());
    Tensor part_out = to.slice(0, begin, end);
    f(part_out, from.slice(0, begin, end));
  });
  return out;
}

Tensor sigmoid_by_parts(const Tensor& x) {
  return by_parts(x, [](Tensor& out, const Tensor& in) { at::sigmoid_out(out, in); });
}

struct Sigmoid : torch::autograd::Function<Sigmoid> {
  static Tensor forward(AutogradContext* context, const Tensor& x) {
    Tensor y = sigmoid_by_parts(x);
    context->save_for_backward({y});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    return {
        at::sigmoid_backward(grads[0], context->get_saved_variables()[0])};  // no function in it
  }
};

struct Softplus : torch::autograd::Function<Softplus> {
  static Tensor forward(AutogradContext* context, const Tensor& x) {
    context->save_for_backward({x});
    return by_parts(x, [](Tensor& out, const Tensor& in) { at::softplus_out(out, in); });
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    return {grads[0] * sigmoid_by_parts(context->get_saved_variables()[0])};
  }
};

struct Softmax : torch::autograd::Function<Softmax> {
  static Tensor forward(AutogradContext* context, const Tensor& x) {
    Tensor y = at::softmax(x, -1);
    context->save_for_backward({y});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const Tensor y = context->get_saved_variables()[0];
    return {(grads[0] - (grads[0] * y).sum(-1, /*keepdim=*/true)).mul_(y)};
  }
};

}  // namespace

Tensor sigmoid_of(const Tensor& x) { return Sigmoid::apply(x); }

Tensor softplus_of(const Tensor& x) { return Softplus::apply(x); }

Tensor softmax_of(const Tensor& x) { return Softmax::apply(x); }

}  // namespace automodel::ops
