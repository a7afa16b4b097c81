#include "ops/cross_entropy.h"

#include "base/error.h"
#include "base/meter.h"
#include "ops/cpu/rows.h"
#include "ops/linear_parts.h"
#include "ops/matrix_product.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The head as its products with the hidden rows take it, without autograd.
Head converted(const Head& head, const Tensor& hidden_td) {
  const auto plain = [](const Tensor& tensor) {
    return tensor.defined() ? tensor.detach() : Tensor();
  };
  Head out = head;
  out.weight_vd = factor_beside(head.weight_vd.detach(), hidden_td);
  out.bias_v = plain(head.bias_v);
  if (out.adapter) {
    out.adapter->a_ri = plain(head.adapter->a_ri);
    out.adapter->b_or = plain(head.adapter->b_or);
  }
  return out;
}

/// The head as a linear layer, whose adapter drops other entries in each chunk.
LinearParts parts_of(const Head& head, std::int64_t chunk) {
  auto options = AdapterOptions::of(head.adapter);
  options.seed += static_cast<std::uint64_t>(chunk);
  return {head.weight_vd, head.bias_v, head.adapter ? head.adapter->a_ri : Tensor(),
          head.adapter ? head.adapter->b_or : Tensor(), options};
}

/// Logits of a chunk in the compute dtype, from hidden W^T + bias.
Tensor logits_of(Tensor z, const Head& head) {
  if (head.scale != 1) {
    z = z.mul_(head.scale);
  }
  if (head.softcap) {
    z = z.div_(*head.softcap).tanh_().mul_(*head.softcap);
  }
  return z;
}

/// labelled_rows(). Throws on a label outside the vocabulary.
Tensor checked_rows(const Tensor& labels_t, std::int64_t vocab_size) {
  const Tensor rows_n = labelled_rows(labels_t);
  if (rows_n.numel() > 0) {
    const Tensor used = labels_t.index_select(0, rows_n);
    const auto low = used.min().item<std::int64_t>();
    const auto high = used.max().item<std::int64_t>();
    check(low >= 0 && high < vocab_size, ErrorKind::invalid_argument,
          "cross-entropy: label {} is outside the vocabulary of {}", low < 0 ? low : high,
          vocab_size);
  }
  return rows_n;
}

/// From the gradient of the logits z to that of hidden W^T + bias.
void to_linear_(Tensor& grad, const Tensor& z, const Head& head) {
  if (head.softcap) {
    grad.mul_(1 - (z / *head.softcap).square_());
  }
  if (head.scale != 1) {
    grad.mul_(head.scale);
  }
}

/// Of one chunk of rows: each row's loss in float32, and the gradient of weight times their sum
/// with respect to hidden W^T + bias, in the compute dtype.
struct ChunkLoss {
  Tensor loss_n, grad_nv;
};

cpu::LossRow task_of(const Head& head, const CrossEntropyOptions& options, bool wants_gradient) {
  return {.wants_gradient = wants_gradient,
          .weight = static_cast<float>(options.weight),
          .scale = static_cast<float>(head.scale),
          .softcap = static_cast<float>(head.softcap.value_or(0)),
          .label_smoothing = static_cast<float>(options.terms.label_smoothing),
          .z_loss = static_cast<float>(options.terms.z_loss)};
}

Tensor reference_loss(const Tensor& z, const Tensor& log_sum_n1, const Tensor& label_n1,
                      const LossTerms& terms) {
  Tensor loss_n1 = log_sum_n1 - z.gather(1, label_n1);
  if (terms.label_smoothing != 0) {
    const Tensor uniform_n1 = log_sum_n1 - z.mean(-1, /*keepdim=*/true);
    loss_n1 = loss_n1 * (1 - terms.label_smoothing) + uniform_n1 * terms.label_smoothing;
  }
  if (terms.z_loss != 0) {
    loss_n1 = loss_n1 + log_sum_n1.square() * terms.z_loss;
  }
  return loss_n1.squeeze(1);
}

/// With respect to z.
Tensor reference_gradient(const Tensor& z, const Tensor& log_sum_n1, const Tensor& label_n1,
                          const LossTerms& terms) {
  const Tensor grad = (z - log_sum_n1).exp_();
  if (terms.z_loss != 0) {
    grad.mul_(1 + log_sum_n1 * (2 * terms.z_loss));
  }
  if (terms.label_smoothing != 0) {
    grad.sub_(terms.label_smoothing / static_cast<double>(z.size(1)));
  }
  return grad.scatter_add_(1, label_n1, at::full_like(log_sum_n1, terms.label_smoothing - 1));
}

/// May overwrite z.
ChunkLoss chunk_loss(const Tensor& z_nv, const Tensor& labels_n, const Head& head,
                     const CrossEntropyOptions& options, bool wants_gradient) {
  const OperationTimer timer("loss");
  if (const auto* kernels = cpu::row_kernels_for({z_nv})) {
    const Tensor loss_n =
        cpu::row_losses(*kernels, z_nv, labels_n, task_of(head, options, wants_gradient));
    return {loss_n, wants_gradient ? z_nv : Tensor()};
  }
  const Tensor label_n1 = labels_n.unsqueeze(1);
  const Tensor z = z_nv.to(at::kFloat);
  const Tensor log_sum_n1 = z.logsumexp(-1, /*keepdim=*/true);
  ChunkLoss out{reference_loss(z, log_sum_n1, label_n1, options.terms), Tensor()};
  if (wants_gradient) {
    Tensor grad = reference_gradient(z, log_sum_n1, label_n1, options.terms);
    to_linear_(grad, z, head);
    out.grad_nv = grad.mul_(options.weight).to(z_nv.scalar_type());
  }
  return out;
}

struct Totals {
  Tensor loss, grad_hidden_td, grad_weight_vd, grad_bias_v, grad_a_rd, grad_b_vr;
  /// Of the weight's, which the first chunk makes; none: it is not trained.
  std::optional<at::ScalarType> weight_dtype;
  bool has_gradients() const {
    return grad_hidden_td.defined() || weight_dtype || grad_bias_v.defined() || grad_a_rd.defined();
  }
};

Tensor zeros_if_trained(const Tensor& like, at::ScalarType dtype) {
  return like.defined() && like.requires_grad()
             ? at::zeros(like.sizes(), like.options().dtype(dtype))
             : Tensor();
}

/// Totals of the head are float32, but for the weight's when they are sums of few chunks: they are
/// large, and as often as this they may be rounded.
Totals no_totals(const Tensor& hidden_td, const Head& head, std::int64_t num_chunks) {
  const auto dtype = head.weight_vd.scalar_type();
  const auto wide = at::promote_types(dtype, at::kFloat);
  return {at::zeros({}, hidden_td.options().dtype(at::kFloat)),
          zeros_if_trained(hidden_td, hidden_td.scalar_type()),
          Tensor(),
          zeros_if_trained(head.bias_v, wide),
          head.adapter ? zeros_if_trained(head.adapter->a_ri, wide) : Tensor(),
          head.adapter ? zeros_if_trained(head.adapter->b_or, wide) : Tensor(),
          head.weight_vd.requires_grad()
              ? std::optional(num_chunks > kChunksOfNarrowSum ? wide : dtype)
              : std::nullopt};
}

/// As autograd wants them: of their parameters' types.
void round_totals(Totals& totals, const Head& head) {
  const auto round = [](Tensor& total, const Tensor& like) {
    total = total.defined() ? total.to(like.scalar_type()) : total;
  };
  round(totals.grad_weight_vd, head.weight_vd);
  round(totals.grad_bias_v, head.bias_v);
  if (head.adapter) {
    round(totals.grad_a_rd, head.adapter->a_ri);
    round(totals.grad_b_vr, head.adapter->b_or);
  }
}

/// Adds one chunk's part; grad_nv is the gradient of hidden W^T + bias.
void add_gradients(Totals& out, const Tensor& rows_n, const Tensor& hidden_nd,
                   const LinearParts& parts, const Tensor& low_rn, const Tensor& grad_nv) {
  const auto own = parts.backward(grad_nv, hidden_nd, low_rn,
                                  {out.grad_hidden_td.defined(), /*weight_oi=*/false,
                                   /*bias_o=*/false, out.grad_a_rd.defined()});
  if (own.x_ti.defined()) {
    out.grad_hidden_td.index_copy_(0, rows_n, own.x_ti);
  }
  if (own.a_ri.defined()) {
    out.grad_a_rd.add_(own.a_ri);
    out.grad_b_vr.add_(own.b_or);
  }
  if (out.weight_dtype) {
    const OperationTimer timer(
        "linear, gradient of weight",
        2.0 * static_cast<double>(grad_nv.numel()) * static_cast<double>(hidden_nd.size(1)));
    if (out.grad_weight_vd.defined()) {
      add_matrix_product_(out.grad_weight_vd, grad_nv.t(), hidden_nd);
    } else {
      out.grad_weight_vd = outer_product(grad_nv, hidden_nd, *out.weight_dtype);
    }
  }
  if (out.grad_bias_v.defined()) {
    out.grad_bias_v.add_(grad_nv.sum(0, false, out.grad_bias_v.scalar_type()));
  }
}

Totals accumulate(const Tensor& hidden_td, const Head& stored, const Tensor& labels_t,
                  const CrossEntropyOptions& options) {
  const OperationGroup group("head");
  const OperationTimer timer("rows");
  const Tensor rows_n = checked_rows(labels_t, stored.weight_vd.size(0));
  const Head head = converted(stored, hidden_td);
  const auto chunks = rows_n.split(options.chunk_rows);
  Totals out = no_totals(hidden_td, stored, static_cast<std::int64_t>(chunks.size()));
  std::int64_t chunk = 0;
  for (const Tensor& chunk_n : chunks) {
    const auto parts = parts_of(head, chunk++);
    const Tensor hidden_nd = hidden_td.index_select(0, chunk_n);
    auto [product_nv, low_rn] = parts.forward(hidden_nd);
    const auto loss =
        chunk_loss(logits_of(std::move(product_nv), head), labels_t.index_select(0, chunk_n), head,
                   options, out.has_gradients());
    out.loss.add_(loss.loss_n.sum(), options.weight);
    if (out.has_gradients()) {
      add_gradients(out, chunk_n, hidden_nd, parts, low_rn, loss.grad_nv);
    }
  }
  round_totals(out, stored);
  return out;
}

/// The head with the tensors that autograd gives.
Head with_tensors(Head head, at::TensorList tensors) {
  head.weight_vd = tensors[0];
  head.bias_v = or_undefined(tensors[1]);
  if (head.adapter) {
    head.adapter->a_ri = tensors[2];
    head.adapter->b_or = tensors[3];
  }
  return head;
}

struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static Tensor forward(AutogradContext* context, const Tensor& hidden_td, at::TensorList tensors,
                        const Tensor& labels_t, const Head& head,
                        const CrossEntropyOptions& options) {
    auto totals = accumulate(hidden_td, with_tensors(head, tensors), labels_t, options);
    context->save_for_backward({totals.grad_hidden_td, totals.grad_weight_vd, totals.grad_bias_v,
                                totals.grad_a_rd, totals.grad_b_vr});
    return totals.loss;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    auto saved = context->get_saved_variables();
    const double outer = grads[0].item<double>();
    for (Tensor& grad : saved) {
      if (grad.defined() && outer != 1.0) {
        grad = grad * outer;
      }
    }
    saved.resize(saved.size() + 3);  // none for the labels, the head and the options
    return saved;
  }
};

}  // namespace

Tensor labelled_rows(const Tensor& labels_t) {
  return labels_t.ne(kIgnoreIndex).nonzero().squeeze(1);
}

Tensor linear_cross_entropy(const Tensor& hidden_td, const Head& head, const Tensor& labels_t,
                            const CrossEntropyOptions& options) {
  if (!at::GradMode::is_enabled()) {
    const Head fixed = converted(head, hidden_td);
    return accumulate(hidden_td.detach(), fixed, labels_t, options).loss;
  }
  const auto tensors = tensors_of({head.weight_vd, head.bias_v, head.adapter});
  return LinearCrossEntropy::apply(hidden_td, at::TensorList(tensors), labels_t, head, options);
}

RowScores score_rows(const Tensor& hidden_td, const Head& head, const Tensor& labels_t,
                     const CrossEntropyOptions& options) {
  const at::NoGradGuard no_grad;
  const Tensor rows_n = checked_rows(labels_t, head.weight_vd.size(0));
  const Head own = converted(head, hidden_td);
  std::vector<Tensor> nll = {at::empty({0}, hidden_td.options().dtype(at::kFloat))};
  std::vector<Tensor> correct = {at::empty({0}, hidden_td.options().dtype(at::kBool))};
  for (const Tensor& chunk_n : rows_n.split(options.chunk_rows)) {
    const Tensor label_n = labels_t.index_select(0, chunk_n);
    const Tensor hidden_nd = hidden_td.index_select(0, chunk_n);
    const Tensor z = logits_of(parts_of(own, 0).forward(hidden_nd).y_to, own);
    correct.push_back(z.argmax(-1).eq(label_n));
    nll.push_back(chunk_loss(z, label_n, own, {}, /*wants_gradient=*/false).loss_n);
  }
  return {at::cat(nll), at::cat(correct)};
}

Tensor logits(const Tensor& hidden_td, const Head& head) {
  const Tensor z = linear(hidden_td, {head.weight_vd, head.bias_v, head.adapter}) * head.scale;
  return (head.softcap ? at::tanh(z / *head.softcap) * *head.softcap : z).to(at::kFloat);
}

}  // namespace automodel::ops
