#include "ops/cross_entropy.h"

#include "base/error.h"

namespace automodel::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Softcapped logits of a chunk in the compute dtype's precision, returned in float32.
Tensor chunk_logits(const Tensor& hidden_nd, const Tensor& weight_vd,
                    std::optional<double> softcap) {
  Tensor z = at::linear(hidden_nd, weight_vd);
  if (softcap) {
    z = z.div_(*softcap).tanh_().mul_(*softcap);
  }
  return z.to(at::kFloat);
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

/// d(softcap * tanh(u / softcap)) / du, from the capped value z.
void uncap_(Tensor& grad, const Tensor& z, std::optional<double> softcap) {
  if (softcap) {
    grad.mul_(1 - (z / *softcap).square_());
  }
}

struct Totals {
  Tensor loss, grad_hidden_td, grad_weight_vd;
};

Totals accumulate(const Tensor& hidden_td, const Tensor& weight_vd, const Tensor& labels_t,
                  const CrossEntropyOptions& options) {
  const Tensor rows_n = labelled_rows(labels_t, weight_vd.size(0));
  const Tensor weight = weight_vd.to(hidden_td.scalar_type());
  Totals out{at::zeros({}, hidden_td.options().dtype(at::kFloat)), Tensor(), Tensor()};
  if (hidden_td.requires_grad()) {
    out.grad_hidden_td = at::zeros(hidden_td.sizes(), hidden_td.options());
  }
  if (weight_vd.requires_grad()) {
    out.grad_weight_vd = at::zeros(weight_vd.sizes(), weight_vd.options());
  }
  for (const Tensor& chunk_n : rows_n.split(options.chunk_rows)) {
    const Tensor hidden_nd = hidden_td.index_select(0, chunk_n);
    const Tensor label_n1 = labels_t.index_select(0, chunk_n).unsqueeze(1);
    const Tensor z = chunk_logits(hidden_nd, weight, options.softcap);
    const Tensor log_sum_n1 = z.logsumexp(-1, /*keepdim=*/true);
    out.loss.add_((log_sum_n1 - z.gather(1, label_n1)).sum(), options.weight);
    if (!out.grad_hidden_td.defined() && !out.grad_weight_vd.defined()) {
      continue;
    }
    Tensor grad = (z - log_sum_n1).exp_();
    grad.scatter_add_(1, label_n1, at::full_like(log_sum_n1, -1));
    uncap_(grad, z, options.softcap);
    grad = grad.mul_(options.weight).to(hidden_td.scalar_type());
    if (out.grad_hidden_td.defined()) {
      out.grad_hidden_td.index_copy_(0, chunk_n, grad.mm(weight));
    }
    if (out.grad_weight_vd.defined() && weight_vd.scalar_type() == grad.scalar_type()) {
      out.grad_weight_vd.addmm_(grad.t(), hidden_nd);
    } else if (out.grad_weight_vd.defined()) {
      out.grad_weight_vd.add_(grad.t().mm(hidden_nd));
    }
  }
  return out;
}

struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static Tensor forward(AutogradContext* context, const Tensor& hidden_td, const Tensor& weight_vd,
                        const Tensor& labels_t, const CrossEntropyOptions& options) {
    auto totals = accumulate(hidden_td, weight_vd, labels_t, options);
    context->save_for_backward({totals.grad_hidden_td, totals.grad_weight_vd});
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
    return {saved[0], saved[1], Tensor(), Tensor()};
  }
};

}  // namespace

Tensor linear_cross_entropy(const Tensor& hidden_td, const Tensor& weight_vd,
                            const Tensor& labels_t, const CrossEntropyOptions& options) {
  if (!at::GradMode::is_enabled()) {
    return accumulate(hidden_td.detach(), weight_vd.detach(), labels_t, options).loss;
  }
  return LinearCrossEntropy::apply(hidden_td, weight_vd, labels_t, options);
}

RowScores score_rows(const Tensor& hidden_td, const Tensor& weight_vd, const Tensor& labels_t,
                     const CrossEntropyOptions& options) {
  const at::NoGradGuard no_grad;
  const Tensor rows_n = labelled_rows(labels_t, weight_vd.size(0));
  const Tensor weight = weight_vd.to(hidden_td.scalar_type());
  std::vector<Tensor> nll = {at::empty({0}, hidden_td.options().dtype(at::kFloat))};
  std::vector<Tensor> correct = {at::empty({0}, hidden_td.options().dtype(at::kBool))};
  for (const Tensor& chunk_n : rows_n.split(options.chunk_rows)) {
    const Tensor label_n = labels_t.index_select(0, chunk_n);
    const Tensor z = chunk_logits(hidden_td.index_select(0, chunk_n), weight, options.softcap);
    nll.push_back(z.logsumexp(-1) - z.gather(1, label_n.unsqueeze(1)).squeeze(1));
    correct.push_back(z.argmax(-1).eq(label_n));
  }
  return {at::cat(nll), at::cat(correct)};
}

Tensor logits(const Tensor& hidden_td, const Tensor& weight_vd, std::optional<double> softcap) {
  Tensor z = at::linear(hidden_td, weight_vd.to(hidden_td.scalar_type()));
  return (softcap ? at::tanh(z / *softcap) * *softcap : z).to(at::kFloat);
}

}  // namespace automodel::ops
