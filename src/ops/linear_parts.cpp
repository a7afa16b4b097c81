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

double flops_of(std::span<const MatrixProduct> products) {
  double sum = 0;
  for (const auto& product : products) {
    sum += product_flops(product.a_mk, product.b_kn);
  }
  return sum;
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
  {
    const OperationTimer timer("linear", product_flops(x_ti, weight_oi));
    out.y_to =
        matrix_product(x_ti, weight_oi.t(), bias_o, drops_update() ? AddedProduct{} : update);
  }
  if (drops_update()) {
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
  const Tensor x_in = drops_input() ? dropped(x_ti, options.dropout, options.seed) : x_ti;
  return rank_first(as(a_ri, x_ti), x_in).mul_(options.scale);
}

LinearParts::UpdateInputs LinearParts::update_inputs(const Tensor& grad_to, const Tensor& x_ti,
                                                     bool trained) const {
  if (!a_ri.defined()) {
    return {};
  }
  const OperationTimer timer("adapter, gradients");
  UpdateInputs out;
  out.grad_to = drops_update() ? dropped(grad_to, options.dropout, options.seed) : grad_to;
  out.grad_rt = rank_first(as(b_or, grad_to).t(), out.grad_to).mul_(options.scale);
  if (trained) {
    out.x_ti = drops_input() ? dropped(x_ti, options.dropout, options.seed) : x_ti;
  }
  return out;
}

LinearParts::Grads LinearParts::backward(const Tensor& grad_to, const Tensor& x_ti,
                                         const Tensor& low_rt, const LinearGrads& needed) const {
  Grads out;
  const bool trains_adapter = needed.adapter && a_ri.defined();
  const auto update = update_inputs(grad_to, x_ti, trains_adapter);
  AddedProduct through;
  if (a_ri.defined()) {
    through = {update.grad_rt.t(), as(a_ri, grad_to)};
  }
  std::vector<MatrixProduct> products;
  if (needed.x_ti) {
    products.push_back({grad_to, weight_oi, {}, drops_input() ? AddedProduct{} : through});
  }
  if (trains_adapter) {
    products.push_back({low_rt, update.grad_to, {}, {}});
    products.push_back({update.grad_rt, update.x_ti, {}, {}});
  }
  if (!products.empty()) {
    const OperationTimer timer(needed.x_ti ? "linear, gradient of input" : "adapter, gradients",
                               needed.x_ti ? flops_of(products) : 0);
    auto found = matrix_products(products);
    if (trains_adapter) {
      out.a_ri = found.back().to(a_ri.scalar_type());
      out.b_or = found[found.size() - 2].t().to(b_or.scalar_type()).contiguous();
    }
    out.x_ti = needed.x_ti ? found.front() : Tensor();
  }
  if (needed.x_ti && drops_input()) {
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
