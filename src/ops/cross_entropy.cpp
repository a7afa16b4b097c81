#include "ops/cross_entropy.h"

#include "base/error.h"
#include "ops/cpu/rows.h"
#include "ops/matrix_product.h"
#include "ops/optional_tensor.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The head as its products with the hidden rows take it, without autograd.
Head converted(const Head& head, const Tensor& hidden_td) {
  return {.weight_vd = factor_beside(head.weight_vd.detach(), hidden_td),
          .bias_v = head.bias_v.defined() ? head.bias_v.detach() : Tensor(),
          .scale = head.scale,
          .softcap = head.softcap};
}

/// Logits of a chunk in the compute dtype.
Tensor chunk_logits(const Tensor& hidden_nd, const Head& head) {
  Tensor z = matrix_product(hidden_nd, head.weight_vd.t(), head.bias_v);
  if (head.scale != 1) {
    z = z.mul_(head.scale);
  }
  if (head.softcap) {
    z = z.div_(*head.softcap).tanh_().mul_(*head.softcap);
  }
  return z;
}

/// Row numbers of the labelled tokens. Throws on a label outside the vocabulary.
Tensor labelled_rows(const Tensor& labels_t, std::int64_t vocab_size) {
  const Tensor rows_n = labels_t.ne(kIgnoreIndex).nonzero().squeeze(1);
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

/// Of one chunk of rows: each row's -log softmax(z)[label] in float32, and the gradient of weight
/// times their sum with respect to hidden W^T + bias, in the compute dtype.
struct ChunkLoss {
  Tensor nll_n, grad_nv;
};

/// May overwrite z.
ChunkLoss chunk_loss(const Tensor& z_nv, const Tensor& labels_n, const Head& head, double weight,
                     bool wants_gradient) {
  if (const auto* kernels = cpu::row_kernels_for({z_nv})) {
    const Tensor nll_n = cpu::row_losses(*kernels, z_nv, labels_n,
                                         {.wants_gradient = wants_gradient,
                                          .weight = static_cast<float>(weight),
                                          .scale = static_cast<float>(head.scale),
                                          .softcap = static_cast<float>(head.softcap.value_or(0))});
    return {nll_n, wants_gradient ? z_nv : Tensor()};
  }
  const Tensor label_n1 = labels_n.unsqueeze(1);
  const Tensor z = z_nv.to(at::kFloat);
  const Tensor log_sum_n1 = z.logsumexp(-1, /*keepdim=*/true);
  ChunkLoss out{(log_sum_n1 - z.gather(1, label_n1)).squeeze(1), Tensor()};
  if (wants_gradient) {
    Tensor grad = (z - log_sum_n1).exp_();
    grad.scatter_add_(1, label_n1, at::full_like(log_sum_n1, -1));
    to_linear_(grad, z, head);
    out.grad_nv = grad.mul_(weight).to(z_nv.scalar_type());
  }
  return out;
}

struct Totals {
  Tensor loss, grad_hidden_td, grad_weight_vd, grad_bias_v;
  bool has_gradients() const {
    return grad_hidden_td.defined() || grad_weight_vd.defined() || grad_bias_v.defined();
  }
};

Tensor zeros_if(bool wanted, const Tensor& like) {
  return wanted ? at::zeros(like.sizes(), like.options()) : Tensor();
}

/// Adds one chunk's part; grad_nv is the gradient of hidden W^T + bias.
void add_gradients(Totals& out, const Tensor& rows_n, const Tensor& hidden_nd,
                   const Tensor& weight_vd, const Tensor& grad_nv) {
  if (out.grad_hidden_td.defined()) {
    out.grad_hidden_td.index_copy_(0, rows_n, matrix_product(grad_nv, weight_vd));
  }
  if (out.grad_weight_vd.defined()) {
    add_matrix_product_(out.grad_weight_vd, grad_nv.t(), hidden_nd);
  }
  if (out.grad_bias_v.defined()) {
    out.grad_bias_v.add_(grad_nv.sum(0));
  }
}

Totals accumulate(const Tensor& hidden_td, const Head& stored, const Tensor& labels_t,
                  const CrossEntropyOptions& options) {
  const Tensor rows_n = labelled_rows(labels_t, stored.weight_vd.size(0));
  const Head head = converted(stored, hidden_td);
  Totals out{at::zeros({}, hidden_td.options().dtype(at::kFloat)),
             zeros_if(hidden_td.requires_grad(), hidden_td),
             zeros_if(stored.weight_vd.requires_grad(), stored.weight_vd),
             zeros_if(stored.bias_v.defined() && stored.bias_v.requires_grad(), stored.bias_v)};
  for (const Tensor& chunk_n : rows_n.split(options.chunk_rows)) {
    const Tensor hidden_nd = hidden_td.index_select(0, chunk_n);
    const auto loss = chunk_loss(chunk_logits(hidden_nd, head), labels_t.index_select(0, chunk_n),
                                 head, options.weight, out.has_gradients());
    out.loss.add_(loss.nll_n.sum(), options.weight);
    if (out.has_gradients()) {
      add_gradients(out, chunk_n, hidden_nd, head.weight_vd, loss.grad_nv);
    }
  }
  return out;
}

/// What is no tensor.
struct LossSettings {
  double scale;
  std::optional<double> softcap;
  CrossEntropyOptions options;
};

struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static Tensor forward(AutogradContext* context, const Tensor& hidden_td, const Tensor& weight_vd,
                        const Tensor& bias_or_empty, const Tensor& labels_t,
                        const LossSettings& settings) {
    const Head own{weight_vd, or_undefined(bias_or_empty), settings.scale, settings.softcap};
    auto totals = accumulate(hidden_td, own, labels_t, settings.options);
    context->save_for_backward({totals.grad_hidden_td, totals.grad_weight_vd, totals.grad_bias_v});
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
    return {saved[0], saved[1], saved[2], Tensor(), Tensor()};
  }
};

}  // namespace

Tensor linear_cross_entropy(const Tensor& hidden_td, const Head& head, const Tensor& labels_t,
                            const CrossEntropyOptions& options) {
  if (!at::GradMode::is_enabled()) {
    const Head fixed = converted(head, head.weight_vd);
    return accumulate(hidden_td.detach(), fixed, labels_t, options).loss;
  }
  return LinearCrossEntropy::apply(hidden_td, head.weight_vd, or_empty(head.bias_v), labels_t,
                                   LossSettings{head.scale, head.softcap, options});
}

RowScores score_rows(const Tensor& hidden_td, const Head& head, const Tensor& labels_t,
                     const CrossEntropyOptions& options) {
  const at::NoGradGuard no_grad;
  const Tensor rows_n = labelled_rows(labels_t, head.weight_vd.size(0));
  const Head own = converted(head, hidden_td);
  std::vector<Tensor> nll = {at::empty({0}, hidden_td.options().dtype(at::kFloat))};
  std::vector<Tensor> correct = {at::empty({0}, hidden_td.options().dtype(at::kBool))};
  for (const Tensor& chunk_n : rows_n.split(options.chunk_rows)) {
    const Tensor label_n = labels_t.index_select(0, chunk_n);
    const Tensor z = chunk_logits(hidden_td.index_select(0, chunk_n), own);
    correct.push_back(z.argmax(-1).eq(label_n));
    nll.push_back(chunk_loss(z, label_n, own, 1, /*wants_gradient=*/false).nll_n);
  }
  return {at::cat(nll), at::cat(correct)};
}

Tensor logits(const Tensor& hidden_td, const Head& head) {
  const auto dtype = hidden_td.scalar_type();
  std::optional<Tensor> bias;
  if (head.bias_v.defined()) {
    bias = head.bias_v.to(dtype);
  }
  const Tensor z = at::linear(hidden_td, head.weight_vd.to(dtype), bias) * head.scale;
  return (head.softcap ? at::tanh(z / *head.softcap) * *head.softcap : z).to(at::kFloat);
}

}  // namespace automodel::ops
