#pragma once
// Which experts a token goes to, and with what weights. Shapes: t tokens, e experts, k per token.

#include <ATen/core/TensorBody.h>

#include <cstdint>
#include <optional>

namespace automodel::ops {

using at::Tensor;

enum class RouterScore {
  softmax,            // over all experts
  softmax_of_chosen,  // over the logits of the chosen experts
  sigmoid,            // of each expert's logit
};

struct RouterOptions {
  std::int64_t per_token = 1;
  RouterScore score = RouterScore::softmax;
  bool choose_by_logits = false;  // instead of by scores
  std::int64_t groups = 1;        // experts outside the best kept_groups are not chosen
  std::int64_t kept_groups = 1;
  std::int64_t group_best = 2;  // a group's score: the sum of so many of its best
  bool renormalise = false;     // weights divided by max(their sum, at_least) + eps
  double renormalise_eps = 0;
  double renormalise_at_least = 0;
  double scale = 1;
};

/// The chosen experts of each token, best first: [t, k] int64, no gradient. logits_te: any float
/// dtype, evaluated in float32; correction_e: added for the choice, or undefined.
/// Source: DeepSeek-V3 (Liu et al. 2024), eq. 12 to 16, for the correction; DeepSeek-V2, section
/// 2.2.2, for groups.
Tensor choose_experts(const Tensor& logits_te, const Tensor& correction_e,
                      const RouterOptions& options);

/// The weights of the chosen experts, [t, k] float32; traced by autograd.
Tensor routing_weights(const Tensor& logits_te, const Tensor& experts_tk,
                       const RouterOptions& options);

}  // namespace automodel::ops
