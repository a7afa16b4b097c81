#include "ops/experts.h"

#include "base/error.h"
#include "ops/linear_parts.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::size_t kPerLayer = 4;  // weight, bias, A, B
constexpr std::size_t kLayers = 3;    // gate, up, down

Tensor entry(const Tensor& stack, std::int64_t expert) {
  return stack.defined() ? stack.select(0, expert) : Tensor();
}

/// One linear layer of all experts.
struct Stack {
  Tensor weight_eoi, bias_eo, a_eri, b_eor;
  AdapterOptions options;

  static Stack of(at::TensorList tensors, std::size_t layer, const AdapterOptions& options) {
    const auto first = layer * kPerLayer;
    return {tensors[first], or_undefined(tensors[first + 1]), or_undefined(tensors[first + 2]),
            or_undefined(tensors[first + 3]), options};
  }

  LinearParts at(std::int64_t expert) const {
    auto own = options;
    own.seed += static_cast<std::uint64_t>(expert);
    return {weight_eoi.select(0, expert), entry(bias_eo, expert), entry(a_eri, expert),
            entry(b_eor, expert), own};
  }
};

/// The gradients of one linear layer of all experts; zero where an expert had no tokens.
struct StackGrads {
  Tensor weight_eoi, bias_eo, a_eri, b_eor;
  LinearGrads needed;

  static StackGrads of(const Stack& stack, const LinearGrads& needed) {
    const auto zeros = [](const Tensor& like, bool wanted) {
      return wanted && like.defined() ? at::zeros_like(like) : Tensor();
    };
    return {zeros(stack.weight_eoi, needed.weight_oi), zeros(stack.bias_eo, needed.bias_o),
            zeros(stack.a_eri, needed.adapter), zeros(stack.b_eor, needed.adapter), needed};
  }

  void put(std::int64_t expert, const LinearParts::Grads& grads) const {
    const auto copy = [expert](const Tensor& stack, const Tensor& grad) {
      if (stack.defined()) {
        stack.select(0, expert).copy_(grad);
      }
    };
    copy(weight_eoi, grads.weight_oi);
    copy(bias_eo, grads.bias_o);
    copy(a_eri, grads.a_ri);
    copy(b_eor, grads.b_or);
  }
};

/// Pairs (token, slot) in the order of their experts.
struct Pairs {
  Tensor order_p;                      // t * k + slot
  std::vector<std::int64_t> counts_e;  // pairs of each expert
  std::int64_t per_token = 1;

  static Pairs of(const Tensor& experts_tk, std::int64_t experts) {
    const Tensor flat_p = experts_tk.flatten();
    const Tensor counts = at::bincount(flat_p, {}, experts).cpu();
    check(counts.numel() == experts, ErrorKind::invalid_argument,
          "experts: a token was routed to expert {} of {}", counts.numel() - 1, experts);
    return {
        flat_p.argsort(/*stable=*/true, 0, /*descending=*/false),
        {counts.const_data_ptr<std::int64_t>(), counts.const_data_ptr<std::int64_t>() + experts},
        experts_tk.size(1)};
  }

  /// Calls work(expert, its pairs, their tokens) for every expert with tokens.
  template <class Work>
  void for_each(const Work& work) const {
    std::int64_t begin = 0;
    for (std::size_t e = 0; e < counts_e.size(); ++e) {
      if (counts_e[e] == 0) {
        continue;
      }
      const Tensor rows_n = order_p.narrow(0, begin, counts_e[e]);
      work(static_cast<std::int64_t>(e), rows_n, rows_n.div(per_token, "floor"));
      begin += counts_e[e];
    }
  }
};

struct NodeOptions {
  Pairs pairs;
  GluOptions glu;
  std::array<AdapterOptions, kLayers> adapters;
};

struct HeldOptions : torch::CustomClassHolder {
  explicit HeldOptions(NodeOptions o) : options(std::move(o)) {}
  NodeOptions options;
};

/// The backward of one call, expert by expert.
class Backward {
 public:
  Backward(const NodeOptions& options, const variable_list& saved, const Tensor& grad_td)
      : options_(options), saved_(saved), grad_td_(grad_td) {
    const at::TensorList tensors(saved.data() + 2, kLayers * kPerLayer);
    for (std::size_t i = 0; i < kLayers; ++i) {
      stacks_.push_back(Stack::of(tensors, i, options.adapters[i]));
    }
  }

  variable_list run(const AutogradContext& context) {
    needs_x_ = context.needs_input_grad(0);
    needs_weights_ = context.needs_input_grad(1);
    for (std::size_t i = 0; i < kLayers; ++i) {
      const auto first = 2 + i * kPerLayer;
      const bool needs_in = needs_x_ || i == kLayers - 1;
      grads_.push_back(StackGrads::of(
          stacks_[i], {needs_in, context.needs_input_grad(first),
                       context.needs_input_grad(first + 1), context.needs_input_grad(first + 2)}));
    }
    const Tensor& weights_tk = saved_[1];
    grad_weights_p_ = at::zeros({weights_tk.numel()}, weights_tk.options());
    if (needs_x_) {
      grad_x_pd_ = at::empty({weights_tk.numel(), grad_td_.size(1)}, grad_td_.options());
    }
    options_.pairs.for_each([this](std::int64_t expert, const Tensor& rows_n,
                                   const Tensor& tokens_n) { add(expert, rows_n, tokens_n); });
    return results();
  }

 private:
  void add(std::int64_t expert, const Tensor& rows_n, const Tensor& tokens_n) {
    const Tensor& gate_ni = saved_[next_++];
    const Tensor& up_ni = saved_[next_++];
    const Tensor g_nd = grad_td_.index_select(0, tokens_n);
    const Tensor w_n1 = saved_[1].flatten().index_select(0, rows_n).unsqueeze(1);
    const Tensor grad_h_ni =
        through_down(expert, rows_n, g_nd, glu(gate_ni, up_ni, options_.glu), w_n1);
    const auto inner = glu_backward(grad_h_ni, gate_ni, up_ni, options_.glu);
    const Tensor x_nd = saved_[0].defined() ? saved_[0].index_select(0, tokens_n) : Tensor();
    const auto gate = stacks_[0].at(expert).backward(inner.gate, x_nd, grads_[0].needed);
    const auto up = stacks_[1].at(expert).backward(inner.up, x_nd, grads_[1].needed);
    grads_[0].put(expert, gate);
    grads_[1].put(expert, up);
    if (needs_x_) {
      grad_x_pd_.index_copy_(0, rows_n, gate.x_ti + up.x_ti);
    }
  }

  /// The weight multiplies h here instead of the output: its own gradient is then h times the
  /// gradient of h, and the output need not be kept.
  Tensor through_down(std::int64_t expert, const Tensor& rows_n, const Tensor& g_nd,
                      const Tensor& h_ni, const Tensor& w_n1) {
    const auto down = stacks_[2].at(expert);
    auto out = down.backward(g_nd, (h_ni * w_n1).to(h_ni.scalar_type()), grads_[2].needed);
    if (out.bias_o.defined()) {
      out.bias_o = (g_nd * w_n1).sum(0).to(down.bias_o.scalar_type());
    }
    grads_[2].put(expert, out);
    if (needs_weights_) {
      Tensor grad_w_n = (h_ni * out.x_ti).sum(1, false, at::kFloat);
      if (down.bias_o.defined()) {
        grad_w_n = grad_w_n + g_nd.mv(down.bias_o.to(g_nd.scalar_type()));
      }
      grad_weights_p_.index_copy_(0, rows_n, grad_w_n.to(grad_weights_p_.scalar_type()));
    }
    return (out.x_ti * w_n1).to(h_ni.scalar_type());
  }

  variable_list results() const {
    const auto per_token = options_.pairs.per_token;
    variable_list out = {
        needs_x_ ? grad_x_pd_.unflatten(0, {-1, per_token}).sum(1) : Tensor(),
        needs_weights_ ? grad_weights_p_.view({-1, per_token}) : Tensor(),
    };
    for (const auto& grads : grads_) {
      out.insert(out.end(), {grads.weight_eoi, grads.bias_eo, grads.a_eri, grads.b_eor});
    }
    out.emplace_back();  // the options
    return out;
  }

  const NodeOptions& options_;
  const variable_list& saved_;
  Tensor grad_td_;
  std::vector<Stack> stacks_;
  std::vector<StackGrads> grads_;
  Tensor grad_x_pd_, grad_weights_p_;
  bool needs_x_ = false, needs_weights_ = false;
  std::size_t next_ = 2 + kLayers * kPerLayer;  // in saved_: gate and up of the next expert
};

bool is_trained(at::TensorList tensors, std::size_t layer) {
  return tensors[layer * kPerLayer].requires_grad() ||
         tensors[layer * kPerLayer + 2].requires_grad();
}

struct ExpertsNode : torch::autograd::Function<ExpertsNode> {
  static Tensor forward(AutogradContext* context, const Tensor& x_td, const Tensor& weights_tk,
                        at::TensorList tensors, const NodeOptions& options) {
    const auto gate = Stack::of(tensors, 0, options.adapters[0]);
    const auto up = Stack::of(tensors, 1, options.adapters[1]);
    const auto down = Stack::of(tensors, 2, options.adapters[2]);
    variable_list saved = {is_trained(tensors, 0) || is_trained(tensors, 1) ? x_td : Tensor(),
                           weights_tk};
    saved.insert(saved.end(), tensors.begin(), tensors.end());
    Tensor y_pd = at::empty({weights_tk.numel(), x_td.size(1)}, x_td.options());
    options.pairs.for_each([&](std::int64_t e, const Tensor& rows_n, const Tensor& tokens_n) {
      const Tensor x_nd = x_td.index_select(0, tokens_n);
      const Tensor gate_ni = gate.at(e).forward(x_nd);
      const Tensor up_ni = up.at(e).forward(x_nd);
      y_pd.index_copy_(0, rows_n, down.at(e).forward(glu(gate_ni, up_ni, options.glu)));
      saved.insert(saved.end(), {gate_ni, up_ni});
    });
    context->save_for_backward(std::move(saved));
    context->saved_data["options"] =
        c10::IValue::make_capsule(c10::make_intrusive<HeldOptions>(options));
    const Tensor y_tkd = y_pd.unflatten(0, {-1, options.pairs.per_token});
    return (y_tkd * weights_tk.unsqueeze(-1)).sum(1).to(x_td.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto held = context->saved_data["options"].toCapsule();
    const auto& options = static_cast<HeldOptions*>(held.get())->options;
    const auto saved = context->get_saved_variables();
    return Backward(options, saved, grads[0]).run(*context);
  }
};

void check_shapes(const Tensor& x_td, const Routing& routing, const ExpertWeights& weights) {
  const auto& gate = weights.gate.weight_eoi;
  const auto& down = weights.down.weight_eoi;
  check(x_td.dim() == 2 && gate.dim() == 3 && gate.size(2) == x_td.size(1) &&
            weights.up.weight_eoi.sizes() == gate.sizes() && down.size(0) == gate.size(0) &&
            down.size(1) == x_td.size(1) && down.size(2) == gate.size(1) &&
            routing.experts_tk.size(0) == x_td.size(0) &&
            routing.weights_tk.sizes() == routing.experts_tk.sizes(),
        ErrorKind::invalid_argument,
        "experts: input [{}], gate and up [{}], down [{}], {} routed tokens do not fit",
        fmt::join(x_td.sizes(), ", "), fmt::join(gate.sizes(), ", "), fmt::join(down.sizes(), ", "),
        routing.experts_tk.size(0));
}

}  // namespace

Tensor experts(const Tensor& x_td, const Routing& routing, const ExpertWeights& weights,
               const GluOptions& options) {
  check_shapes(x_td, routing, weights);
  NodeOptions node{Pairs::of(routing.experts_tk, weights.gate.weight_eoi.size(0)), options, {}};
  std::vector<Tensor> tensors;
  for (const auto* layer : {&weights.gate, &weights.up, &weights.down}) {
    node.adapters[tensors.size() / kPerLayer] = AdapterOptions::of(layer->adapter);
    const auto own = tensors_of({layer->weight_eoi, layer->bias_eo, layer->adapter});
    tensors.insert(tensors.end(), own.begin(), own.end());
  }
  return ExpertsNode::apply(x_td, routing.weights_tk, at::TensorList(tensors), node);
}

Tensor experts_of_weighted_input(const Tensor& x_td, const Routing& routing,
                                 const ExpertWeights& weights, const GluOptions& options) {
  const auto per_token = routing.experts_tk.size(1);
  const Tensor weighted_tkd = x_td.unsqueeze(1) * routing.weights_tk.unsqueeze(-1);
  const Tensor x_pd = weighted_tkd.flatten(0, 1).to(x_td.scalar_type());
  const Tensor ones_p1 = at::ones({x_pd.size(0), 1}, x_td.options());
  const Tensor y_pd =
      experts(x_pd, {routing.experts_tk.reshape({-1, 1}), ones_p1}, weights, options);
  return y_pd.unflatten(0, {-1, per_token}).sum(1);
}

}  // namespace automodel::ops
