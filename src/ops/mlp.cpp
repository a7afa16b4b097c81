#include "ops/mlp.h"

#include <array>

#include "base/error.h"
#include "ops/held.h"
#include "ops/linear_parts.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

enum Layer : std::size_t { gate, up, down };
constexpr std::size_t kLayers = 3;
/// In what is saved: x, gate(x), up(x), of each layer what its adapter keeps, and the layers.
constexpr std::size_t kFirstLow = 3;
constexpr std::size_t kFirstLayer = kFirstLow + kLayers;

/// What is no tensor of the node.
struct NodeOptions {
  MlpOptions mlp;
  bool has_gate = true;
  std::array<AdapterOptions, kLayers> adapters;
};

/// The whole feed-forward. Without a gate, the gate's tensors are empty.
class Mlp {
 public:
  Mlp(at::TensorList tensors, const NodeOptions& options) : options_(options) {
    for (std::size_t i = 0; i < kLayers; ++i) {
      layers_[i] = LinearParts::of(tensors.slice(i * kTensorsPerLinear, kTensorsPerLinear),
                                   options.adapters[i]);
    }
  }

  const LinearParts& operator[](Layer layer) const { return layers_[layer]; }
  bool has_gate() const { return options_.has_gate; }

  /// Gate and up, or up alone.
  std::span<const LinearParts> inner_layers() const {
    return std::span(layers_).subspan(has_gate() ? Layer::gate : Layer::up, has_gate() ? 2 : 1);
  }

  /// gate(x) and up(x); the first is undefined without a gate.
  std::pair<LinearParts::Output, LinearParts::Output> inner(const Tensor& x_td) const {
    auto found = LinearParts::forward(inner_layers(), x_td);
    return {has_gate() ? std::move(found.front()) : LinearParts::Output(), std::move(found.back())};
  }

  /// What down sees.
  Tensor hidden(const Tensor& gate_ti, const Tensor& up_ti) const {
    return has_gate() ? glu(gate_ti, up_ti, glu_options()) : glu(up_ti, Tensor(), glu_options());
  }

  GluGrads inner_grads(const Tensor& grad_ti, const Tensor& gate_ti, const Tensor& up_ti) const {
    return has_gate()
               ? glu_backward(grad_ti, gate_ti, up_ti, glu_options())
               : GluGrads{Tensor(), glu_backward(grad_ti, up_ti, Tensor(), glu_options()).gate};
  }

  GluOptions glu_options() const { return {options_.mlp.activation, std::nullopt}; }

  bool needs_input() const {
    return options_.mlp.inner == Inner::recomputed || layers_[Layer::up].needs_input() ||
           (has_gate() && layers_[Layer::gate].needs_input());
  }

 private:
  const NodeOptions& options_;
  std::array<LinearParts, kLayers> layers_;
};

struct MlpNode : torch::autograd::Function<MlpNode> {
  static Tensor forward(AutogradContext* context, const Tensor& x_td, at::TensorList tensors,
                        const NodeOptions& options) {
    const Mlp mlp(tensors, options);
    const auto [gate, up] = mlp.inner(x_td);
    const auto down = mlp[Layer::down].forward(mlp.hidden(gate.y_to, up.y_to));
    const bool keeps = options.mlp.inner == Inner::kept;
    variable_list saved = {mlp.needs_input() ? x_td : Tensor(),
                           keeps ? gate.y_to : Tensor(),
                           keeps ? up.y_to : Tensor(),
                           gate.low_rt,
                           up.low_rt,
                           down.low_rt};
    saved.insert(saved.end(), tensors.begin(), tensors.end());
    context->save_for_backward(std::move(saved));
    hold(context, options);
    return down.y_to;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto& options = held<NodeOptions>(context);
    const auto saved = context->get_saved_variables();
    const Mlp mlp(at::TensorList(saved).slice(kFirstLayer), options);
    const Tensor& x_td = saved[0];
    Tensor gate_ti = saved[1], up_ti = saved[2];
    if (!up_ti.defined()) {
      const auto inner = mlp.inner(x_td);
      gate_ti = inner.first.y_to;
      up_ti = inner.second.y_to;
    }
    const auto low = [&](Layer layer) { return saved[kFirstLow + layer]; };
    const auto needed = [&](Layer layer, bool needs_input) {
      return LinearGrads::needed(*context, 1 + layer * kTensorsPerLinear, needs_input);
    };
    const auto of_down = needed(Layer::down, true);
    const bool sees_hidden = of_down.weight_oi || of_down.adapter;
    const auto down = mlp[Layer::down].backward(
        grads[0], sees_hidden ? mlp.hidden(gate_ti, up_ti) : Tensor(), low(Layer::down), of_down);
    const auto inner = mlp.inner_grads(down.x_ti, gate_ti, up_ti);
    const bool needs_x = context->needs_input_grad(0);
    std::vector<LinearParts::Seen> seen = {{inner.up, low(Layer::up), needed(Layer::up, needs_x)}};
    if (mlp.has_gate()) {
      seen.insert(seen.begin(), {inner.gate, low(Layer::gate), needed(Layer::gate, needs_x)});
    }
    auto own = LinearParts::backward(mlp.inner_layers(), x_td, seen);
    variable_list out = {own.front().x_ti};
    if (!mlp.has_gate()) {
      own.emplace(own.begin());
    }
    own.push_back(down);
    for (const auto& grads_of_layer : own) {
      grads_of_layer.append_own(out);
    }
    out.emplace_back();  // the options
    return out;
  }
};

Tensor mlp_of(const Tensor& x_td, const std::array<const Linear*, kLayers>& layers,
              const MlpOptions& options) {
  NodeOptions node{.mlp = options, .has_gate = layers[Layer::gate] != nullptr, .adapters = {}};
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < kLayers; ++i) {
    const auto own = layers[i] != nullptr
                         ? tensors_of(*layers[i])
                         : std::vector<Tensor>(kTensorsPerLinear, or_empty(Tensor()));
    tensors.insert(tensors.end(), own.begin(), own.end());
    node.adapters[i] =
        layers[i] != nullptr ? AdapterOptions::of(layers[i]->adapter) : AdapterOptions();
  }
  const auto& up = layers[Layer::up]->weight_oi;
  check(x_td.dim() == 2 && x_td.size(1) == up.size(1) &&
            layers[Layer::down]->weight_oi.size(1) == up.size(0) &&
            (!node.has_gate || layers[Layer::gate]->weight_oi.sizes() == up.sizes()),
        ErrorKind::invalid_argument, "feed-forward: input of width {} for up [{}] and down [{}]",
        x_td.size(-1), fmt::join(up.sizes(), ", "),
        fmt::join(layers[Layer::down]->weight_oi.sizes(), ", "));
  return MlpNode::apply(x_td, at::TensorList(tensors), node);
}

}  // namespace

Tensor gated_mlp(const Tensor& x_td, const Linear& gate, const Linear& up, const Linear& down,
                 const MlpOptions& options) {
  return mlp_of(x_td, {&gate, &up, &down}, options);
}

Tensor plain_mlp(const Tensor& x_td, const Linear& up, const Linear& down,
                 const MlpOptions& options) {
  return mlp_of(x_td, {nullptr, &up, &down}, options);
}

}  // namespace automodel::ops
