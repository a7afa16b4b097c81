#pragma once
// What keeps a router from sending every token to the same experts, or its logits from growing.
// All are sums over tokens in float32, traced by autograd; how often experts were chosen counts as
// a constant. Shapes: t tokens, e experts, k per token.

#include <vector>

#include "ops/router.h"

namespace automodel::ops {

/// How often each of so many experts was chosen: [e] int64.
Tensor expert_counts(const Tensor& experts_tk, std::int64_t experts);

/// The k experts of the highest logits, whatever a correction or groups made of the choice: [t, k].
Tensor likeliest_experts(const Tensor& logits_te, std::int64_t per_token);

/// Sum over tokens of softmax(logits), [e].
Tensor probability_sums(const Tensor& logits_te);

/// e * sum over experts of (counts / rows) * (probabilities / rows); rows: tokens times layers that
/// counts_e and probability_e were summed over. k where all are used alike.
/// Source: transformers load_balancing_loss_func; Switch Transformers (Fedus et al. 2021), eq. 4.
Tensor balance_loss(const Tensor& counts_e, const Tensor& probability_e, std::int64_t rows);

/// Sum over documents of length * sum over experts of f * P, where f = e / (k * length) * how often
/// the document's tokens chose the expert and P is the mean over them of its score, a token's
/// scores summing to one. 1 per token where all are used alike.
/// Source: DeepSeek-V3 (Liu et al. 2024), eq. 17 to 20; upstream's Gate._compute_aux_loss.
Tensor sequence_balance_sum(const Tensor& logits_te, const Tensor& experts_tk,
                            const std::vector<std::int32_t>& cu_seqlens, RouterScore score);

/// Sum over tokens of logsumexp(logits)^2. Source: ST-MoE (Zoph et al. 2022), eq. 5.
Tensor z_sum(const Tensor& logits_te);

}  // namespace automodel::ops
