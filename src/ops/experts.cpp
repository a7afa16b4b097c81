#include "ops/experts.h"

#include "base/error.h"
#include "base/meter.h"
#include "ops/grouped_product.h"
#include "ops/held.h"
#include "ops/linear_parts.h"
#include "ops/matrix_product.h"
#include "ops/optional_tensor.h"
#include "ops/row_sums.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::size_t kPerExpertLayer = 4;  // weight, bias, A, B
constexpr std::size_t kExpertLayers = 3;    // gate, up, down
constexpr std::size_t kFirstWeight = 2;     // in what is saved, behind x and the routing weights
constexpr std::size_t kFirstKept = kFirstWeight + kExpertLayers * kPerExpertLayer;

/// Pairs (token, slot) in the order of their experts.
struct Pairs {
  Tensor experts_tk;
  Tensor order_p;   // t * k + slot
  Tensor tokens_p;  // t
  Tensor places_s;  // of slot t * k + slot among the pairs
  GroupCounts counts_e;

  static Pairs of(const Tensor& experts_tk, std::int64_t experts) {
    const Tensor flat_s = experts_tk.flatten();
    const Tensor counts = at::bincount(flat_s, {}, experts).cpu();
    check(counts.numel() == experts, ErrorKind::invalid_argument,
          "experts: a token was routed to expert {} of {}", counts.numel() - 1, experts);
    const auto* first = counts.const_data_ptr<std::int64_t>();
    const Tensor order_p = flat_s.argsort(/*stable=*/true, 0, /*descending=*/false);
    const Tensor places_s = at::empty_like(order_p);
    places_s.index_copy_(0, order_p, at::arange(order_p.numel(), order_p.options()));
    return {experts_tk,
            order_p,
            order_p.div(experts_tk.size(1), "floor"),
            places_s,
            {first, first + experts}};
  }

  std::int64_t per_token() const { return experts_tk.size(1); }

  /// [t, k] -> [p].
  Tensor by_pair(const Tensor& x_tk) const { return x_tk.flatten().index_select(0, order_p); }

  /// [p] -> [t, k].
  Tensor by_token(const Tensor& x_p) const {
    return x_p.index_select(0, places_s).unflatten(0, {-1, per_token()});
  }

  /// Sums over the pairs of each token, [p, d] -> [t, d]; weights_tk may be undefined: 1.
  Tensor token_sums(const Tensor& x_pd, const Tensor& weights_tk = {}) const {
    const GroupCounts counts_t(static_cast<std::size_t>(experts_tk.size(0)), per_token());
    return grouped_row_sums({x_pd, places_s}, counts_t,
                            weights_tk.defined() ? weights_tk.flatten() : Tensor());
  }
};

/// What comes back through one linear layer of all experts.
struct Through {
  Tensor rows_pk;    // undefined: not needed
  Rows update, low;  // of the adapter: the gradients of its output, [p, o], and of A x, [p, r]
};

/// The gradients of its own tensors; zero where an expert had no tokens.
struct StackGrads {
  Tensor weight_eoi, bias_eo, a_eri, b_eor;
};

/// One linear layer of all experts.
struct Stack {
  Tensor weight_eoi, bias_eo, a_eri, b_eor;
  AdapterOptions options;
  DeferredGradients* deferred = nullptr;  // of the weight; null: it is computed

  static Stack of(at::TensorList tensors, std::size_t layer, const AdapterOptions& options) {
    const auto first = layer * kPerExpertLayer;
    return {tensors[first], or_undefined(tensors[first + 1]), or_undefined(tensors[first + 2]),
            or_undefined(tensors[first + 3]), options};
  }

  /// What comes out, [p, o], and the adapter's scale * A x, [p, r], which the backward wants again.
  struct Result {
    Tensor y_po, low_pr;
  };

  /// The rows are pairs'.
  Result forward(const Rows& rows, const Pairs& pairs) const {
    if (!a_eri.defined()) {
      return {base(rows, pairs), {}};
    }
    Tensor low_pr;
    {
      const OperationTimer timer("adapter");
      low_pr = narrowed(drops_before() ? dropped_rows(rows, pairs) : rows, pairs);
    }
    const Tensor up_ero = b_eor.transpose(1, 2);
    if (!drops_after()) {
      return {base(rows, pairs, {low_pr, up_ero}), low_pr};
    }
    const Tensor y_po = base(rows, pairs);
    const OperationTimer timer("adapter");
    const Rows update{grouped_product({low_pr, {}}, pairs.counts_e, up_ero), {}};
    return {y_po.add_(dropped_rows(update, pairs).matrix), low_pr};
  }

  /// The gradients of the rows and of A x, given that of each pair's output. The rows' is added to
  /// `rows_pk` if that is defined.
  Through through(const Rows& grad, const Pairs& pairs, bool needs_rows,
                  Tensor rows_pk = {}) const {
    Through out{std::move(rows_pk), grad, {}};
    AddedGroupedProduct added;
    if (a_eri.defined()) {
      const OperationTimer timer("adapter, gradients");
      out.update = drops_after() ? dropped_rows(grad, pairs) : grad;
      out.low = {grouped_product(out.update, pairs.counts_e, b_eor).mul_(options.scale), {}};
      added = drops_before() ? added : AddedGroupedProduct{out.low.matrix, a_eri};
    }
    if (needs_rows && out.rows_pk.defined()) {
      add_grouped_product_(out.rows_pk, grad, pairs.counts_e, weight_eoi, added);
    } else if (needs_rows) {
      out.rows_pk = grouped_product(grad, pairs.counts_e, weight_eoi, {}, added);
    }
    if (needs_rows && a_eri.defined() && drops_before()) {
      const OperationTimer timer("adapter, gradients");
      const Rows own{grouped_product(out.low, pairs.counts_e, a_eri), {}};
      out.rows_pk.add_(dropped_rows(own, pairs).matrix);
    }
    return out;
  }

  /// Gradients of the layer's own tensors. grad: of each pair's output; rows: its input, not needed
  /// for the bias; low_pr: what the forward gave.
  StackGrads own_grads(const Rows& grad, const Rows& rows, const Tensor& low_pr,
                       const Through& through, const Pairs& pairs,
                       const LinearGrads& needed) const {
    StackGrads out;
    const GroupedOuterProduct of_weight{grad, rows, pairs.counts_e};
    if (needed.weight_oi && (deferred == nullptr || !deferred->take(weight_eoi, of_weight))) {
      out.weight_eoi = grouped_outer_product(of_weight, weight_eoi.scalar_type());
    }
    if (needed.bias_o && bias_eo.defined()) {
      out.bias_eo = grouped_row_sums(grad, pairs.counts_e).to(bias_eo.scalar_type());
    }
    if (a_eri.defined() && needed.adapter) {
      const OperationTimer timer("adapter, gradients");
      const Rows x = drops_before() ? dropped_rows(rows, pairs) : rows;
      out.a_eri = grouped_outer_product({through.low, x, pairs.counts_e}, a_eri.scalar_type());
      out.b_eor =
          grouped_outer_product({{low_pr, {}}, through.update, pairs.counts_e}, b_eor.scalar_type())
              .transpose(1, 2)
              .contiguous();
    }
    return out;
  }

 private:
  bool drops_before() const { return options.dropout > 0 && !options.dropout_after; }
  bool drops_after() const { return options.dropout > 0 && options.dropout_after; }

  Rows dropped_rows(const Rows& rows, const Pairs& pairs) const {
    return {dropped(rows_of(rows, 0, pairs.order_p.numel()), options.dropout, options.seed), {}};
  }

  Tensor base(const Rows& rows, const Pairs& pairs, const AddedGroupedProduct& added = {}) const {
    return grouped_product(rows, pairs.counts_e, weight_eoi.transpose(1, 2), bias_eo, added);
  }

  /// scale * x A^T, [p, r].
  Tensor narrowed(const Rows& rows, const Pairs& pairs) const {
    return grouped_product(rows, pairs.counts_e, a_eri.transpose(1, 2)).mul_(options.scale);
  }
};

struct ExpertsOptions {
  Pairs pairs;
  GluOptions glu;
  Inner inner = Inner::kept;
  std::array<AdapterOptions, kExpertLayers> adapters;
  DeferredGradients* deferred = nullptr;
};

/// The backward of one call.
class Backward {
 public:
  Backward(const ExpertsOptions& options, const variable_list& saved, const Tensor& grad_td)
      : options_(options), pairs_(options.pairs), saved_(saved), grad_td_(grad_td.contiguous()) {
    const at::TensorList tensors(saved.data() + kFirstWeight, kExpertLayers * kPerExpertLayer);
    for (std::size_t i = 0; i < kExpertLayers; ++i) {
      stacks_[i] = Stack::of(tensors, i, options.adapters[i]);
      stacks_[i].deferred = options.deferred;
    }
  }

  variable_list run(const AutogradContext& context) {
    const bool needs_x = context.needs_input_grad(0);
    const OperationGroup group("experts");
    const OperationTimer timer("rows, gradients");
    find_inner();
    const auto needed = [&](std::size_t layer, bool needs_rows) {
      const auto first = 2 + layer * kPerExpertLayer;
      return LinearGrads{needs_rows, context.needs_input_grad(first),
                         context.needs_input_grad(first + 1), context.needs_input_grad(first + 2)};
    };
    const auto [inner, down] = through_down(needed(2, true), context.needs_input_grad(1));
    const Rows x{saved_[0], pairs_.tokens_p}, grad_gate{inner.gate, {}}, grad_up{inner.up, {}};
    const Stack &gate_layer = stacks_[0], &up_layer = stacks_[1];
    auto through_gate = gate_layer.through(grad_gate, pairs_, needs_x);
    auto through_up = up_layer.through(grad_up, pairs_, needs_x, std::move(through_gate.rows_pk));
    const Tensor grad_x_td = needs_x ? pairs_.token_sums(through_up.rows_pk) : Tensor();
    through_up.rows_pk.reset();  // the gradients of weights, the largest of all, come beside less
    const auto gate =
        gate_layer.own_grads(grad_gate, x, gate_.low_pr, through_gate, pairs_, needed(0, needs_x));
    const auto up =
        up_layer.own_grads(grad_up, x, up_.low_pr, through_up, pairs_, needed(1, needs_x));
    variable_list out = {grad_x_td, grad_weights_tk_};
    for (const auto* grads : {&gate, &up, &down}) {
      out.insert(out.end(), {grads->weight_eoi, grads->bias_eo, grads->a_eri, grads->b_eor});
    }
    out.emplace_back();  // the options
    return out;
  }

 private:
  /// What the forward kept, or the same again.
  void find_inner() {
    const auto* kept = saved_.data() + kFirstKept;
    const Rows x{saved_[0], pairs_.tokens_p};
    const bool is_kept = options_.inner == Inner::kept;
    gate_ = is_kept ? Stack::Result{kept[1], kept[2]} : stacks_[0].forward(x, pairs_);
    up_ = is_kept ? Stack::Result{kept[3], kept[4]} : stacks_[1].forward(x, pairs_);
  }

  /// Gradients of gate and up, and of down's own tensors. The weight multiplies h here instead of
  /// the output: its own gradient is then h times the gradient of h, and the output need not be
  /// kept.
  std::pair<GluGrads, StackGrads> through_down(const LinearGrads& needed, bool needs_weights) {
    const Stack& down = stacks_[2];
    const Rows grad{grad_td_, pairs_.tokens_p};
    const Tensor w_p = pairs_.by_pair(saved_[1]);
    const auto through = down.through(grad, pairs_, true);
    const auto glu = weighted_glu_backward(through.rows_pk, gate_.y_po, up_.y_po, w_p, options_.glu,
                                           needed.weight_oi || needed.adapter);
    const Tensor& low_pr = saved_[kFirstKept];
    const Tensor weighted_pr =
        low_pr.defined() ? (low_pr * w_p.unsqueeze(1)).to(low_pr.scalar_type()) : low_pr;
    auto out = down.own_grads(grad, {glu.product_pi, {}}, weighted_pr, through, pairs_,
                              {true, needed.weight_oi, false, needed.adapter});
    if (needed.bias_o && down.bias_eo.defined()) {
      out.bias_eo = grouped_row_sums(grad, pairs_.counts_e, w_p).to(down.bias_eo.scalar_type());
    }
    if (needs_weights) {
      Tensor grad_tk = pairs_.by_token(glu.weights_p);
      if (down.bias_eo.defined()) {
        const Tensor shares_te = matrix_product(grad_td_, down.bias_eo.t());
        grad_tk = grad_tk.add_(shares_te.gather(1, pairs_.experts_tk));
      }
      grad_weights_tk_ = grad_tk.to(saved_[1].scalar_type());
    }
    return {glu.inner, out};
  }

  const ExpertsOptions& options_;
  const Pairs& pairs_;
  const variable_list& saved_;
  Tensor grad_td_, grad_weights_tk_;
  Stack::Result gate_, up_;
  std::array<Stack, kExpertLayers> stacks_;
};

bool is_trained(at::TensorList tensors, std::size_t layer) {
  return tensors[layer * kPerExpertLayer].requires_grad() ||
         tensors[layer * kPerExpertLayer + 2].requires_grad();
}

struct ExpertsNode : torch::autograd::Function<ExpertsNode> {
  static Tensor forward(AutogradContext* context, const Tensor& x_td, const Tensor& weights_tk,
                        at::TensorList tensors, const ExpertsOptions& options) {
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
    const auto of_gate = gate.forward({x_td, pairs.tokens_p}, pairs);
    const auto of_up = up.forward({x_td, pairs.tokens_p}, pairs);
    const auto of_down = down.forward({glu(of_gate.y_po, of_up.y_po, options.glu), {}}, pairs);
    saved.push_back(of_down.low_pr);
    if (keeps) {
      saved.insert(saved.end(), {of_gate.y_po, of_gate.low_pr, of_up.y_po, of_up.low_pr});
    }
    context->save_for_backward(std::move(saved));
    hold(context, options);
    return pairs.token_sums(of_down.y_po, weights_tk);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const auto& options = held<ExpertsOptions>(context);
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
               const GluOptions& options, Inner inner, DeferredGradients* deferred) {
  check_shapes(x_td, routing, weights);
  ExpertsOptions node{
      Pairs::of(routing.experts_tk, weights.gate.weight_eoi.size(0)), options, inner, {}, deferred};
  std::vector<Tensor> tensors;
  for (const auto* layer : {&weights.gate, &weights.up, &weights.down}) {
    node.adapters[tensors.size() / kPerExpertLayer] = AdapterOptions::of(layer->adapter);
    const auto own = tensors_of({layer->weight_eoi, layer->bias_eo, layer->adapter});
    tensors.insert(tensors.end(), own.begin(), own.end());
  }
  return ExpertsNode::apply(x_td, routing.weights_tk, at::TensorList(tensors), node);
}

Tensor experts_of_weighted_input(const Tensor& x_td, const Routing& routing,
                                 const ExpertWeights& weights, const GluOptions& options,
                                 Inner inner, DeferredGradients* deferred) {
  const auto per_token = routing.experts_tk.size(1);
  const Tensor weighted_tkd = x_td.unsqueeze(1) * routing.weights_tk.unsqueeze(-1);
  const Tensor x_pd = weighted_tkd.flatten(0, 1).to(x_td.scalar_type());
  const Tensor ones_p1 = at::ones({x_pd.size(0), 1}, x_td.options());
  const Tensor y_pd = experts(x_pd, {routing.experts_tk.reshape({-1, 1}), ones_p1}, weights,
                              options, inner, deferred);
  return y_pd.unflatten(0, {-1, per_token}).sum(1);
}

}  // namespace automodel::ops
