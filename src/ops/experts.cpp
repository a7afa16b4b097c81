#include "ops/experts.h"

#include "base/error.h"
#include "base/meter.h"
#include "ops/grouped_product.h"
#include "ops/linear_parts.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::size_t kPerLayer = 4;     // weight, bias, A, B
constexpr std::size_t kLayers = 3;       // gate, up, down
constexpr std::size_t kFirstWeight = 2;  // in what is saved, behind x and the routing weights

/// Pairs (token, slot) in the order of their experts.
struct Pairs {
  Tensor order_p;   // t * k + slot
  Tensor tokens_p;  // t
  Tensor places_s;  // of slot t * k + slot among the pairs
  GroupCounts counts_e;
  std::int64_t per_token = 1;

  static Pairs of(const Tensor& experts_tk, std::int64_t experts) {
    const Tensor flat_s = experts_tk.flatten();
    const Tensor counts = at::bincount(flat_s, {}, experts).cpu();
    check(counts.numel() == experts, ErrorKind::invalid_argument,
          "experts: a token was routed to expert {} of {}", counts.numel() - 1, experts);
    const auto* first = counts.const_data_ptr<std::int64_t>();
    const Tensor order_p = flat_s.argsort(/*stable=*/true, 0, /*descending=*/false);
    const Tensor places_s = at::empty_like(order_p);
    places_s.index_copy_(0, order_p, at::arange(order_p.numel(), order_p.options()));
    return {order_p,
            order_p.div(experts_tk.size(1), "floor"),
            places_s,
            {first, first + experts},
            experts_tk.size(1)};
  }

  /// Calls work(expert, its first pair, their number) for every expert with tokens.
  template <class Work>
  void for_each(const Work& work) const {
    std::int64_t begin = 0;
    for (std::size_t e = 0; e < counts_e.size(); ++e) {
      if (counts_e[e] > 0) {
        work(static_cast<std::int64_t>(e), begin, counts_e[e]);
      }
      begin += counts_e[e];
    }
  }

  /// [p, ..] -> [t, k, ..].
  Tensor by_token(const Tensor& x_pd) const {
    return x_pd.index_select(0, places_s).unflatten(0, {-1, per_token});
  }
};

/// What a backward gives for one linear layer of all experts; zero where an expert had no tokens.
struct StackGrads {
  Tensor rows_pk, weight_eoi, bias_eo, a_eri, b_eor;
};

/// One linear layer of all experts.
struct Stack {
  Tensor weight_eoi, bias_eo, a_eri, b_eor;
  AdapterOptions options;

  static Stack of(at::TensorList tensors, std::size_t layer, const AdapterOptions& options) {
    const auto first = layer * kPerLayer;
    return {tensors[first], or_undefined(tensors[first + 1]), or_undefined(tensors[first + 2]),
            or_undefined(tensors[first + 3]), options};
  }

  /// [p, out]; the rows are pairs'.
  Tensor forward(const Rows& rows, const Pairs& pairs) const {
    const Tensor y_po = grouped_product(rows, pairs.counts_e, weight_eoi.transpose(1, 2), bias_eo);
    if (a_eri.defined()) {
      add_update_(y_po, rows, pairs);
    }
    return y_po;
  }

  /// grad: of each pair's output; rows: its input, needed for gradients of weights and adapters.
  StackGrads backward(const Rows& grad, const Rows& rows, const Pairs& pairs,
                      const LinearGrads& needed) const {
    StackGrads out;
    if (needed.x_ti) {
      out.rows_pk = grouped_product(grad, pairs.counts_e, weight_eoi);
    }
    if (needed.weight_oi) {
      out.weight_eoi = grouped_outer_product(grad, rows, pairs.counts_e, weight_eoi.scalar_type());
    }
    if (needed.bias_o && bias_eo.defined()) {
      out.bias_eo = sums_by_expert(grad, pairs).to(bias_eo.scalar_type());
    }
    if (a_eri.defined()) {
      add_update_grads(out, grad, rows, pairs, needed);
    }
    return out;
  }

 private:
  static Tensor sums_by_expert(const Rows& grad, const Pairs& pairs) {
    const Tensor out_eo =
        at::zeros({static_cast<std::int64_t>(pairs.counts_e.size()), grad.matrix.size(1)},
                  grad.matrix.options());
    pairs.for_each([&](std::int64_t e, std::int64_t begin, std::int64_t count) {
      out_eo[e].copy_(rows_of(grad, begin, count).sum(0));
    });
    return out_eo;
  }

  bool drops_before() const { return options.dropout > 0 && !options.dropout_after; }
  bool drops_after() const { return options.dropout > 0 && options.dropout_after; }

  Rows dropped_rows(const Rows& rows, const Pairs& pairs) const {
    return {dropped(rows_of(rows, 0, pairs.order_p.numel()), options.dropout, options.seed), {}};
  }

  /// x A^T, [p, r].
  Tensor narrowed(const Rows& rows, const Pairs& pairs) const {
    return grouped_product(rows, pairs.counts_e, a_eri.transpose(1, 2));
  }

  void add_update_(const Tensor& y_po, const Rows& rows, const Pairs& pairs) const {
    const OperationTimer timer("adapter");
    const Rows low{narrowed(drops_before() ? dropped_rows(rows, pairs) : rows, pairs), {}};
    const Tensor up_ero = b_eor.transpose(1, 2);
    if (drops_after()) {
      const Rows update{grouped_product(low, pairs.counts_e, up_ero), {}};
      y_po.add_(dropped_rows(update, pairs).matrix, options.scale);
    } else {
      add_grouped_product_(y_po, low, pairs.counts_e, up_ero, options.scale);
    }
  }

  void add_update_grads(StackGrads& out, const Rows& grad, const Rows& rows, const Pairs& pairs,
                        const LinearGrads& needed) const {
    const OperationTimer timer("adapter, gradients");
    const Rows update = drops_after() ? dropped_rows(grad, pairs) : grad;
    const Rows low{grouped_product(update, pairs.counts_e, b_eor).mul_(options.scale), {}};
    if (needed.adapter) {
      const Rows x = drops_before() ? dropped_rows(rows, pairs) : rows;
      out.a_eri = grouped_outer_product(low, x, pairs.counts_e, a_eri.scalar_type());
      const Rows low_x{narrowed(x, pairs).mul_(options.scale), {}};
      out.b_eor = grouped_outer_product(low_x, update, pairs.counts_e, b_eor.scalar_type())
                      .transpose(1, 2)
                      .contiguous();
    }
    if (needed.x_ti && drops_before()) {
      const Rows through{grouped_product(low, pairs.counts_e, a_eri), {}};
      out.rows_pk.add_(dropped_rows(through, pairs).matrix);
    } else if (needed.x_ti) {
      add_grouped_product_(out.rows_pk, low, pairs.counts_e, a_eri, 1);
    }
  }
};

struct NodeOptions {
  Pairs pairs;
  GluOptions glu;
  Inner inner = Inner::kept;
  std::array<AdapterOptions, kLayers> adapters;
};

struct HeldOptions : torch::CustomClassHolder {
  explicit HeldOptions(NodeOptions o) : options(std::move(o)) {}
  NodeOptions options;
};

/// The backward of one call.
class Backward {
 public:
  Backward(const NodeOptions& options, const variable_list& saved, const Tensor& grad_td)
      : options_(options), pairs_(options.pairs), saved_(saved), grad_td_(grad_td.contiguous()) {
    const at::TensorList tensors(saved.data() + kFirstWeight, kLayers * kPerLayer);
    for (std::size_t i = 0; i < kLayers; ++i) {
      stacks_.push_back(Stack::of(tensors, i, options.adapters[i]));
    }
  }

  variable_list run(const AutogradContext& context) {
    const bool needs_x = context.needs_input_grad(0);
    const OperationGroup group("experts");
    const OperationTimer timer("rows, gradients");
    find_inner();
    const auto needed = [&](std::size_t layer, bool needs_rows) {
      const auto first = 2 + layer * kPerLayer;
      return LinearGrads{needs_rows, context.needs_input_grad(first),
                         context.needs_input_grad(first + 1), context.needs_input_grad(first + 2)};
    };
    const auto down = through_down(needed(2, true), context.needs_input_grad(1));
    const auto inner = glu_backward(down.rows_pk, gate_pi_, up_pi_, options_.glu);
    const Rows x{saved_[0], pairs_.tokens_p};
    const auto gate = stacks_[0].backward({inner.gate, {}}, x, pairs_, needed(0, needs_x));
    auto up = stacks_[1].backward({inner.up, {}}, x, pairs_, needed(1, needs_x));
    variable_list out = {needs_x ? pairs_.by_token(up.rows_pk.add_(gate.rows_pk)).sum(1) : Tensor(),
                         grad_weights_tk_};
    for (const auto* grads : {&gate, static_cast<const StackGrads*>(&up), &down}) {
      out.insert(out.end(), {grads->weight_eoi, grads->bias_eo, grads->a_eri, grads->b_eor});
    }
    out.emplace_back();  // the options
    return out;
  }

 private:
  /// What the forward kept, or the same again.
  void find_inner() {
    const auto* kept = saved_.data() + kFirstWeight + kLayers * kPerLayer;
    const Rows x{saved_[0], pairs_.tokens_p};
    const bool is_kept = options_.inner == Inner::kept;
    gate_pi_ = is_kept ? kept[0] : stacks_[0].forward(x, pairs_);
    up_pi_ = is_kept ? kept[1] : stacks_[1].forward(x, pairs_);
  }

  /// The weight multiplies h here instead of the output: its own gradient is then h times the
  /// gradient of h, and the output need not be kept.
  StackGrads through_down(const LinearGrads& needed, bool needs_weights) {
    const Stack& down = stacks_[2];
    const Rows grad{grad_td_, pairs_.tokens_p};
    const Tensor w_p1 = saved_[1].flatten().index_select(0, pairs_.order_p).unsqueeze(1);
    const Tensor h_pi = glu(gate_pi_, up_pi_, options_.glu);
    const bool needs_rows = needed.weight_oi || needed.adapter;
    const Rows weighted{needs_rows ? (h_pi * w_p1).to(h_pi.scalar_type()) : Tensor(), {}};
    auto out =
        down.backward(grad, weighted, pairs_, {true, needed.weight_oi, false, needed.adapter});
    if (needed.bias_o && down.bias_eo.defined()) {
      out.bias_eo = bias_grads(w_p1);
    }
    if (needs_weights) {
      const Tensor grad_w_p = (h_pi * out.rows_pk).sum(1, false, at::kFloat);
      if (down.bias_eo.defined()) {
        add_bias_shares_(grad_w_p);
      }
      grad_weights_tk_ = pairs_.by_token(grad_w_p).to(saved_[1].scalar_type());
    }
    out.rows_pk = (out.rows_pk * w_p1).to(h_pi.scalar_type());
    return out;
  }

  Tensor bias_grads(const Tensor& w_p1) const {
    const Tensor& bias_eo = stacks_[2].bias_eo;
    const Tensor out_eo = at::zeros_like(bias_eo);
    pairs_.for_each([&](std::int64_t e, std::int64_t begin, std::int64_t count) {
      const Tensor g_nd = rows_of({grad_td_, pairs_.tokens_p}, begin, count);
      out_eo[e].copy_((g_nd * w_p1.narrow(0, begin, count)).sum(0));
    });
    return out_eo;
  }

  void add_bias_shares_(const Tensor& grad_w_p) const {
    const Tensor& bias_eo = stacks_[2].bias_eo;
    pairs_.for_each([&](std::int64_t e, std::int64_t begin, std::int64_t count) {
      const Tensor g_nd = rows_of({grad_td_, pairs_.tokens_p}, begin, count);
      grad_w_p.narrow(0, begin, count).add_(g_nd.mv(bias_eo[e].to(g_nd.scalar_type())));
    });
  }

  const NodeOptions& options_;
  const Pairs& pairs_;
  const variable_list& saved_;
  Tensor grad_td_, grad_weights_tk_, gate_pi_, up_pi_;
  std::vector<Stack> stacks_;
};

bool is_trained(at::TensorList tensors, std::size_t layer) {
  return tensors[layer * kPerLayer].requires_grad() ||
         tensors[layer * kPerLayer + 2].requires_grad();
}

struct ExpertsNode : torch::autograd::Function<ExpertsNode> {
  static Tensor forward(AutogradContext* context, const Tensor& x_td, const Tensor& weights_tk,
                        at::TensorList tensors, const NodeOptions& options) {
    const OperationGroup group("experts");
    const OperationTimer timer("rows");
    const auto gate = Stack::of(tensors, 0, options.adapters[0]);
    const auto up = Stack::of(tensors, 1, options.adapters[1]);
    const auto down = Stack::of(tensors, 2, options.adapters[2]);
    const bool keeps = options.inner == Inner::kept;
    variable_list saved = {
        !keeps || is_trained(tensors, 0) || is_trained(tensors, 1) ? x_td : Tensor(), weights_tk};
    saved.insert(saved.end(), tensors.begin(), tensors.end());
    const Pairs& pairs = options.pairs;
    const Tensor gate_pi = gate.forward({x_td, pairs.tokens_p}, pairs);
    const Tensor up_pi = up.forward({x_td, pairs.tokens_p}, pairs);
    const Tensor y_pd = down.forward({glu(gate_pi, up_pi, options.glu), {}}, pairs);
    if (keeps) {
      saved.insert(saved.end(), {gate_pi, up_pi});
    }
    context->save_for_backward(std::move(saved));
    context->saved_data["options"] =
        c10::IValue::make_capsule(c10::make_intrusive<HeldOptions>(options));
    return (pairs.by_token(y_pd) * weights_tk.unsqueeze(-1)).sum(1).to(x_td.scalar_type());
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
               const GluOptions& options, Inner inner) {
  check_shapes(x_td, routing, weights);
  NodeOptions node{
      Pairs::of(routing.experts_tk, weights.gate.weight_eoi.size(0)), options, inner, {}};
  std::vector<Tensor> tensors;
  for (const auto* layer : {&weights.gate, &weights.up, &weights.down}) {
    node.adapters[tensors.size() / kPerLayer] = AdapterOptions::of(layer->adapter);
    const auto own = tensors_of({layer->weight_eoi, layer->bias_eo, layer->adapter});
    tensors.insert(tensors.end(), own.begin(), own.end());
  }
  return ExpertsNode::apply(x_td, routing.weights_tk, at::TensorList(tensors), node);
}

Tensor experts_of_weighted_input(const Tensor& x_td, const Routing& routing,
                                 const ExpertWeights& weights, const GluOptions& options,
                                 Inner inner) {
  const auto per_token = routing.experts_tk.size(1);
  const Tensor weighted_tkd = x_td.unsqueeze(1) * routing.weights_tk.unsqueeze(-1);
  const Tensor x_pd = weighted_tkd.flatten(0, 1).to(x_td.scalar_type());
  const Tensor ones_p1 = at::ones({x_pd.size(0), 1}, x_td.options());
  const Tensor y_pd =
      experts(x_pd, {routing.experts_tk.reshape({-1, 1}), ones_p1}, weights, options, inner);
  return y_pd.unflatten(0, {-1, per_token}).sum(1);
}

}  // namespace automodel::ops
