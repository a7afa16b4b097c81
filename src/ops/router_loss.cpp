#include "ops/router_loss.h"

#include <ATen/ATen.h>

#include "ops/gates.h"

namespace automodel::ops {
namespace {

/// A token's scores divided by their sum.
Tensor normalised_scores(const Tensor& logits_te, RouterScore score) {
  if (score != RouterScore::sigmoid) {
    return softmax_of(logits_te);
  }
  const Tensor scores_te = sigmoid_of(logits_te);
  return scores_te / (scores_te.sum(-1, true) + 1e-20);
}

/// Whether the token chose the expert: [t, e] float32.
Tensor choices(const Tensor& experts_tk, std::int64_t experts) {
  return at::zeros({experts_tk.size(0), experts}, experts_tk.options().dtype(at::kFloat))
      .scatter_(1, experts_tk, 1);
}

}  // namespace

Tensor expert_counts(const Tensor& experts_tk, std::int64_t experts) {
  return at::bincount(experts_tk.flatten(), {}, experts);
}

Tensor likeliest_experts(const Tensor& logits_te, std::int64_t per_token) {
  const at::NoGradGuard no_grad;
  return std::get<1>(logits_te.topk(per_token, -1));
}

Tensor probability_sums(const Tensor& logits_te) {
  return softmax_of(logits_te.to(at::kFloat)).sum(0);
}

Tensor balance_loss(const Tensor& counts_e, const Tensor& probability_e, std::int64_t rows) {
  const auto experts = static_cast<double>(counts_e.numel());
  const auto n = static_cast<double>(rows);
  return (counts_e.to(at::kFloat) / n * (probability_e / n)).sum() * experts;
}

Tensor sequence_balance_sum(const Tensor& logits_te, const Tensor& experts_tk,
                            const std::vector<std::int32_t>& cu_seqlens, RouterScore score) {
  const Tensor scores_te = normalised_scores(logits_te.to(at::kFloat), score);
  const Tensor chosen_te = choices(experts_tk, logits_te.size(1));
  const double per_choice =
      static_cast<double>(logits_te.size(1)) / static_cast<double>(experts_tk.size(1));
  std::vector<Tensor> sums;
  for (std::size_t i = 0; i + 1 < cu_seqlens.size(); ++i) {
    const auto begin = cu_seqlens[i], end = cu_seqlens[i + 1];
    if (end > begin) {
      // f times the sum of the scores is length * f * P.
      const Tensor f_e = chosen_te.slice(0, begin, end).mean(0) * per_choice;
      sums.push_back((f_e * scores_te.slice(0, begin, end).sum(0)).sum());
    }
  }
  return at::stack(sums).sum();
}

Tensor z_sum(const Tensor& logits_te) {
  constexpr std::int64_t kSerial = 16384;  // ATen shares longer sums out by the number of threads
  std::vector<Tensor> sums;
  for (const Tensor& part : at::logsumexp(logits_te.to(at::kFloat), -1).split(kSerial)) {
    sums.push_back(part.square().sum());
  }
  return at::stack(sums).sum();
}

}  // namespace automodel::ops
