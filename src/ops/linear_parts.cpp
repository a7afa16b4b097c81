#include "ops/linear_parts.h"

#include <ATen/CPUGeneratorImpl.h>

#include "base/meter.h"
#include "ops/held.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

double product_flops(const Tensor& x_ti, const Tensor& weight_oi) {
  return 2.0 * static_cast<double>(x_ti.size(0)) * static_cast<double>(weight_oi.numel());
}

Tensor as(const Tensor& weight, const Tensor& like) { return weight.to(like.scalar_type()); }

/// Products with an adapter are taken with the rank first ([rank, tokens]): matrices of few rows
/// multiply up to four times as fast as matrices of few columns.
Tensor rank_first(const Tensor& narrow_ri, const Tensor& x_ti) {
  return matrix_product(narrow_ri, x_ti.t());
}

}  // namespace

Tensor dropped(const Tensor& x, double p, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const Tensor keep = at::empty(x.sizes(), at::kFloat).bernoulli_(1 - p, generator);
  return x * keep.mul_(p < 1 ? 1 / (1 - p) : 0).to(x.options());
}

AdapterOptions AdapterOptions::of(const std::optional<Adapter>& adapter) {
  if (!adapter) {
    return {};
  }
  return {adapter->scale, adapter->dropout, adapter->dropout_after, adapter->dropout_seed};
}

std::vector<Tensor> tensors_of(const Linear& layer) {
  const auto& adapter = layer.adapter;
  return {layer.weight_oi, or_empty(layer.bias_o), or_empty(adapter ? adapter->a_ri : Tensor()),
          or_empty(adapter ? adapter->b_or : Tensor())};
}

LinearParts LinearParts::of(at::TensorList tensors, const AdapterOptions& options) {
  return {tensors[0], or_undefined(tensors[1]), or_undefined(tensors[2]), or_undefined(tensors[3]),
          options};
}

LinearParts::Output LinearParts::forward(const Tensor& x_ti) const {
  Output out{.low_rt = low_of(x_ti)};
  AddedProduct update;
  if (out.low_rt.defined()) {
    update = {out.low_rt.t(), as(b_or, x_ti).t()};
  }
  const bool drops_update = update.defined() && options.dropout > 0 && options.dropout_after;
  {
    const OperationTimer timer("linear", product_flops(x_ti, weight_oi));
    out.y_to = matrix_product(x_ti, weight_oi.t(), bias_o, drops_update ? AddedProduct{} : update);
  }
  if (drops_update) {
    const OperationTimer timer("adapter");
    out.y_to.add_(dropped(matrix_product(update.a_mr, update.b_rn), options.dropout, options.seed));
  }
  return out;
}

Tensor LinearParts::low_of(const Tensor& x_ti) const {
  if (!a_ri.defined()) {
    return {};
  }
  const OperationTimer timer("adapter");
  const bool drops = options.dropout > 0 && !options.dropout_after;
  const Tensor x_in = drops ? dropped(x_ti, options.dropout, options.seed) : x_ti;
  return rank_first(as(a_ri, x_ti), x_in).mul_(options.scale);
}

LinearParts::Grads LinearParts::backward(const Tensor& grad_to, const Tensor& x_ti,
                                         const Tensor& low_rt, const LinearGrads& needed) const {
  Grads out;
  const AddedProduct through = add_update_grads(out, grad_to, x_ti, low_rt, needed);
  const bool drops_x = through.defined() && options.dropout > 0 && !options.dropout_after;
  if (needed.x_ti) {
    const OperationTimer timer("linear, gradient of input", product_flops(grad_to, weight_oi));
    out.x_ti = matrix_product(grad_to, weight_oi, {}, drops_x ? AddedProduct{} : through);
  }
  if (needed.x_ti && drops_x) {
    const OperationTimer timer("adapter, gradients");
    out.x_ti.add_(
        dropped(matrix_product(through.a_mr, through.b_rn), options.dropout, options.seed));
  }
  if (needed.weight_oi) {
    const OperationTimer timer("linear, gradient of weight", product_flops(grad_to, weight_oi));
    out.weight_oi = outer_product(grad_to, x_ti, weight_oi.scalar_type());
  }
  if (needed.bias_o && bias_o.defined()) {
    out.bias_o = grad_to.sum(0).to(bias_o.scalar_type());
  }
  return out;
}

AddedProduct LinearParts::add_update_grads(Grads& out, const Tensor& grad_to, const Tensor& x_ti,
                                           const Tensor& low_rt, const LinearGrads& needed) const {
  if (!a_ri.defined()) {
    return {};
  }
  const OperationTimer timer("adapter, gradients");
  const bool before = options.dropout > 0 && !options.dropout_after;
  const bool after = options.dropout > 0 && options.dropout_after;
  const Tensor update_to = after ? dropped(grad_to, options.dropout, options.seed) : grad_to;
  const Tensor grad_rt = rank_first(as(b_or, grad_to).t(), update_to).mul_(options.scale);
  if (needed.adapter) {
    const Tensor x_in = before ? dropped(x_ti, options.dropout, options.seed) : x_ti;
    out.b_or = matrix_product(low_rt, update_to).t().to(b_or.scalar_type()).contiguous();
    out.a_ri = matrix_product(grad_rt, x_in).to(a_ri.scalar_type());
  }
  return {grad_rt.t(), as(a_ri, grad_to)};
}

bool LinearParts::needs_input() const {
  return weight_oi.requires_grad() || (a_ri.defined() && a_ri.requires_grad());
}

void LinearParts::save(torch::autograd::AutogradContext* context,
                       torch::autograd::variable_list first) const {
  first.insert(first.end(), {weight_oi, bias_o, a_ri, b_or});
  context->save_for_backward(std::move(first));
  hold(context, options);
}

LinearParts LinearParts::restore(torch::autograd::AutogradContext* context, std::size_t num_first) {
  const auto saved = context->get_saved_variables();
  return {saved[num_first], saved[num_first + 1], saved[num_first + 2], saved[num_first + 3],
          held<AdapterOptions>(context)};
}

}  // namespace automodel::ops
