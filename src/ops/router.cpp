#include "ops/router.h"

#include <ATen/ATen.h>

#include <limits>

#include "base/error.h"
#include "ops/gates.h"

namespace automodel::ops {
namespace {

Tensor scores_of(const Tensor& logits_te, RouterScore score) {
  return score == RouterScore::sigmoid ? sigmoid_of(logits_te) : softmax_of(logits_te);
}

/// -infinity for the experts of all groups but the best.
Tensor keep_best_groups(const Tensor& choice_te, const RouterOptions& options) {
  const Tensor grouped_tge = choice_te.unflatten(-1, {options.groups, -1});
  const Tensor best_tgb = std::get<0>(grouped_tge.topk(options.group_best, -1));
  const Tensor kept_tk = std::get<1>(best_tgb.sum(-1).topk(options.kept_groups, -1));
  const Tensor dropped_tg =
      at::ones({choice_te.size(0), options.groups}, choice_te.options().dtype(at::kBool))
          .scatter_(1, kept_tk, false);
  return grouped_tge.masked_fill(dropped_tg.unsqueeze(-1), -std::numeric_limits<float>::infinity())
      .flatten(1);
}

}  // namespace

Tensor choose_experts(const Tensor& logits_te, const Tensor& correction_e,
                      const RouterOptions& options) {
  const at::NoGradGuard no_grad;
  const auto experts = logits_te.size(-1);
  check(options.per_token >= 1 && options.per_token <= experts && experts % options.groups == 0,
        ErrorKind::invalid_argument, "router: {} of {} experts in {} groups", options.per_token,
        experts, options.groups);
  const Tensor logits = logits_te.to(at::kFloat);
  const bool by_logits =
      options.choose_by_logits || options.score == RouterScore::softmax_of_chosen;
  Tensor choice_te = by_logits ? logits : scores_of(logits, options.score);
  if (correction_e.defined()) {
    choice_te = choice_te + correction_e.to(at::kFloat);
  }
  if (options.groups > options.kept_groups) {
    choice_te = keep_best_groups(choice_te, options);
  }
  return std::get<1>(choice_te.topk(options.per_token, -1));
}

Tensor routing_weights(const Tensor& logits_te, const Tensor& experts_tk,
                       const RouterOptions& options) {
  const Tensor logits = logits_te.to(at::kFloat);
  Tensor weights_tk = options.score == RouterScore::softmax_of_chosen
                          ? softmax_of(logits.gather(1, experts_tk))
                          : scores_of(logits, options.score).gather(1, experts_tk);
  if (options.renormalise) {
    Tensor sum_t1 = weights_tk.sum(-1, true);
    if (options.renormalise_at_least > 0) {
      sum_t1 = sum_t1.clamp_min(options.renormalise_at_least);
    }
    weights_tk =
        weights_tk / (options.renormalise_eps > 0 ? sum_t1 + options.renormalise_eps : sum_t1);
  }
  return options.scale == 1 ? weights_tk : weights_tk * options.scale;
}

}  // namespace automodel::ops
