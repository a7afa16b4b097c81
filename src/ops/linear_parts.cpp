#include "ops/linear_parts.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <functional>

#include "base/meter.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

double product_flops(const Tensor& x_ti, const Tensor& weight_oi) {
  return 2.0 * static_cast<double>(x_ti.size(0)) * static_cast<double>(weight_oi.numel());
}

/// Products to be computed together, and what becomes of each.
class Products {
 public:
  void add(MatrixProduct product, std::function<void(const Tensor&)> use) {
    flops_ += product_flops(product.a_mk, product.b_kn);
    products_.push_back(std::move(product));
    uses_.push_back(std::move(use));
  }

  bool empty() const { return products_.empty(); }
  double flops() const { return flops_; }

  void run() const {
    const auto found = matrix_products(products_);
    for (std::size_t i = 0; i < found.size(); ++i) {
      uses_[i](found[i]);
    }
  }

 private:
  std::vector<MatrixProduct> products_;
  std::vector<std::function<void(const Tensor&)>> uses_;
  double flops_ = 0;
};

Tensor as(const Tensor& weight, const Tensor& like) { return weight.to(like.scalar_type()); }

/// What B and A see of an output's gradient and an input.
Tensor update_of(const LinearParts& layer, const Tensor& grad_to) {
  return layer.drops_update() ? dropped(grad_to, layer.options.dropout, layer.options.seed)
                              : grad_to;
}
Tensor input_of(const LinearParts& layer, const Tensor& x_ti) {
  return layer.drops_input() ? dropped(x_ti, layer.options.dropout, layer.options.seed) : x_ti;
}

/// scale * B low.
AddedProduct update_by(const LinearParts& layer, const Tensor& low_rt) {
  return layer.adapts() ? AddedProduct{low_rt.t(), as(layer.b_or, low_rt).t()} : AddedProduct{};
}

/// scale * A x of each layer with an adapter. Products with an adapter are taken with the rank
/// first ([rank, tokens]): matrices of few rows multiply up to four times as fast as matrices of
/// few columns.
std::vector<LinearParts::Output> lows_of(std::span<const LinearParts> layers, const Tensor& x_ti) {
  std::vector<LinearParts::Output> out(layers.size());
  if (std::ranges::none_of(layers, &LinearParts::adapts)) {
    return out;
  }
  const OperationTimer timer("adapter");
  Products products;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LinearParts& layer = layers[i];
    if (layer.adapts()) {
      LinearParts::Output& own = out[i];
      products.add({as(layer.a_ri, x_ti), input_of(layer, x_ti).t(), {}, {}},
                   [&](const Tensor& low_rt) { own.low_rt = low_rt.mul_(layer.options.scale); });
    }
  }
  products.run();
  return out;
}

}  // namespace

Tensor dropped(const Tensor& x, double p, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const Tensor keep = at::empty(x.sizes(), at::kFloat).bernoulli_(1 - p, generator);
  return x * keep.mul_(p < 1 ? 1 / (1 - p) : 0).to(x.options());
}

LinearGrads LinearGrads::needed(const torch::autograd::AutogradContext& context, std::size_t first,
                                bool x_ti) {
  return {x_ti, context.needs_input_grad(first), context.needs_input_grad(first + 1),
          context.needs_input_grad(first + 2)};
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

std::vector<LinearParts::Output> LinearParts::forward(std::span<const LinearParts> layers,
                                                      const Tensor& x_ti) {
  auto out = lows_of(layers, x_ti);
  Products products;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LinearParts& layer = layers[i];
    LinearParts::Output& own = out[i];
    products.add({x_ti, layer.weight_oi.t(), layer.bias_o,
                  layer.drops_update() ? AddedProduct{} : update_by(layer, own.low_rt)},
                 [&](const Tensor& y_to) { own.y_to = y_to; });
  }
  {
    const OperationTimer timer("linear", products.flops());
    products.run();
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].drops_update()) {
      const OperationTimer timer("adapter");
      const auto update = update_by(layers[i], out[i].low_rt);
      out[i].y_to.add_(update_of(layers[i], matrix_product(update.a_mr, update.b_rn)));
    }
  }
  return out;
}

namespace {

/// Gradients of layers that saw the same input.
class LinearsBackward {
 public:
  LinearsBackward(std::span<const LinearParts> layers, const Tensor& x_ti,
                  const std::vector<LinearParts::Seen>& seen)
      : layers_(layers), x_ti_(x_ti), seen_(seen), updates_(layers.size()), out_(layers.size()) {}

  std::vector<LinearParts::Grads> run() {
    find_updates();
    multiply();
    for (std::size_t i = 1; i < layers_.size() && needs_input(); ++i) {
      const OperationTimer timer("linear, gradient of input",
                                 product_flops(seen_[i].grad_to, layers_[i].weight_oi));
      auto product = through(i);
      product.sum_mn = out_[0].x_ti;
      matrix_products({&product, 1});
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      add_dropped(i);
      find_own(i);
    }
    return std::move(out_);
  }

 private:
  /// What the gradients of an adapter are products of.
  struct Update {
    Tensor grad_to, grad_rt;  // of what B and A make
    Tensor x_ti;              // what A saw, if it is trained
  };

  bool needs_input() const { return seen_[0].needed.x_ti; }
  bool trains(std::size_t i) const { return layers_[i].adapts() && seen_[i].needed.adapter; }

  void find_updates() {
    if (std::ranges::none_of(layers_, &LinearParts::adapts)) {
      return;
    }
    const OperationTimer timer("adapter, gradients");
    Products products;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const LinearParts& layer = layers_[i];
      if (!layer.adapts()) {
        continue;
      }
      Update& update = updates_[i];
      update.grad_to = update_of(layer, seen_[i].grad_to);
      update.x_ti = trains(i) ? input_of(layer, x_ti_) : Tensor();
      products.add(
          {as(layer.b_or, seen_[i].grad_to).t(), update.grad_to.t(), {}, {}},
          [&](const Tensor& grad_rt) { update.grad_rt = grad_rt.mul_(layer.options.scale); });
    }
    products.run();
  }

  /// What the adapter gives the gradient of its input.
  AddedProduct update_through(std::size_t i) const {
    return {updates_[i].grad_rt.t(), as(layers_[i].a_ri, seen_[i].grad_to)};
  }

  MatrixProduct through(std::size_t i) const {
    const bool adds = layers_[i].adapts() && !layers_[i].drops_input();
    return {seen_[i].grad_to, layers_[i].weight_oi, {}, adds ? update_through(i) : AddedProduct{}};
  }

  /// The first layer's gradient of the input and those of all adapters.
  void multiply() {
    Products products;
    if (needs_input()) {
      products.add(through(0), [this](const Tensor& x_ti) { out_[0].x_ti = x_ti; });
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (!trains(i)) {
        continue;
      }
      const LinearParts& layer = layers_[i];
      LinearParts::Grads& out = out_[i];
      products.add({seen_[i].low_rt, updates_[i].grad_to, {}, {}}, [&](const Tensor& grad_ro) {
        out.b_or = grad_ro.t().to(layer.b_or.scalar_type()).contiguous();
      });
      products.add({updates_[i].grad_rt, updates_[i].x_ti, {}, {}},
                   [&](const Tensor& grad_ri) { out.a_ri = grad_ri.to(layer.a_ri.scalar_type()); });
    }
    if (products.empty()) {
      return;
    }
    const OperationTimer timer(needs_input() ? "linear, gradient of input" : "adapter, gradients",
                               needs_input() ? products.flops() : 0);
    products.run();
  }

  void add_dropped(std::size_t i) {
    if (needs_input() && layers_[i].drops_input()) {
      const OperationTimer timer("adapter, gradients");
      const auto update = update_through(i);
      out_[0].x_ti.add_(input_of(layers_[i], matrix_product(update.a_mr, update.b_rn)));
    }
  }

  void find_own(std::size_t i) {
    const auto& [grad_to, low_rt, needed] = seen_[i];
    const LinearParts& layer = layers_[i];
    if (needed.weight_oi) {
      const OperationTimer timer("linear, gradient of weight",
                                 product_flops(grad_to, layer.weight_oi));
      out_[i].weight_oi = outer_product(grad_to, x_ti_, layer.weight_oi.scalar_type());
    }
    if (needed.bias_o && layer.bias_o.defined()) {
      out_[i].bias_o = grad_to.sum(0).to(layer.bias_o.scalar_type());
    }
  }

  std::span<const LinearParts> layers_;
  const Tensor& x_ti_;
  const std::vector<LinearParts::Seen>& seen_;
  std::vector<Update> updates_;
  std::vector<LinearParts::Grads> out_;
};

}  // namespace

std::vector<LinearParts::Grads> LinearParts::backward(std::span<const LinearParts> layers,
                                                      const Tensor& x_ti,
                                                      const std::vector<Seen>& seen) {
  return LinearsBackward(layers, x_ti, seen).run();
}

bool LinearParts::needs_input() const {
  return weight_oi.requires_grad() || (a_ri.defined() && a_ri.requires_grad());
}

}  // namespace automodel::ops
