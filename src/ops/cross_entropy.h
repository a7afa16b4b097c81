#pragma once
// The head and the loss together: logits exist for a chunk of labelled rows at a time.

#include <cstdint>
#include <optional>

#include "ops/linear.h"

namespace automodel::ops {

inline constexpr std::int64_t kIgnoreIndex = -100;

/// Row numbers of the labelled tokens, [n] int64.
Tensor labelled_rows(const Tensor& labels_t);

/// logits = softcap(scale * (hidden W^T + bias)), with the adapter's update beside W.
struct Head {
  Tensor weight_vd;
  Tensor bias_v;  // undefined: none
  double scale = 1;
  std::optional<double> softcap;
  std::optional<Adapter> adapter;
};

/// What is learnt beside the labels' likelihood. A labelled row's loss is
/// (1 - label_smoothing) * nll + label_smoothing * (mean over the vocabulary of -log softmax(z)) +
/// z_loss * logsumexp(z)^2 with nll = -log softmax(z)[label].
/// Source: Szegedy et al. 2016, section 7, as torch.nn.functional.cross_entropy has it; PaLM
/// (Chowdhery et al. 2022), section 5, as Liger's lse_square_scale has it.
struct LossTerms {
  double label_smoothing = 0;  // in [0, 1)
  double z_loss = 0;
  bool operator==(const LossTerms&) const = default;
};

/// The gradient of a bfloat16 head is summed in bfloat16 over so many chunks, over more in float32.
inline constexpr std::int64_t kChunksOfNarrowSum = 8;

struct CrossEntropyOptions {
  /// What each row's loss is multiplied by; 1 / (labels of the whole optimizer step) gives a mean.
  double weight = 1;
  std::int64_t chunk_rows = 256;
  LossTerms terms;
};

/// weight * sum over labelled rows of their loss, float32 scalar.
/// hidden_td: [t, d]; labels_t: [t] int64, kIgnoreIndex where nothing is learnt.
/// The gradients of hidden and the head are made in the forward, a chunk at a time: memory chunk *
/// v, never t * v. No labelled row: 0. Throws Error(invalid_argument) for a label outside [0, v).
/// Source: the fused linear cross-entropy of Liger (Hsu et al. 2024); logits in the compute dtype,
/// loss in float32.
Tensor linear_cross_entropy(const Tensor& hidden_td, const Head& head, const Tensor& labels_t,
                            const CrossEntropyOptions& options);

/// What validation wants of each labelled row, in order: its negative log-likelihood (float32),
/// whatever the options' terms, and whether the most likely token is the label (bool). No gradient.
struct RowScores {
  Tensor nll_n;
  Tensor correct_n;
};
RowScores score_rows(const Tensor& hidden_td, const Head& head, const Tensor& labels_t,
                     const CrossEntropyOptions& options);

/// Logits of these rows, in float32: [t, v].
Tensor logits(const Tensor& hidden_td, const Head& head);

}  // namespace automodel::ops
