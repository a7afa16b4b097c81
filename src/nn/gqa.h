#pragma once
// Grouped-query attention.

#include <optional>

#include "nn/norm.h"
#include "nn/ports.h"

namespace automodel::nn {

class GqaBlock {
 public:
  /// `rope_index` is the place of the spec's RoPE in Sequence::rope_tables; `layer` the one in the
  /// KV cache.
  GqaBlock(const spec::Gqa& spec, const Parameters& parameters, std::int64_t layer,
           std::size_t rope_index);

  /// x_td: [t, d], normed. Returns the branch's output, [t, d].
  Tensor forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;

 private:
  /// What the layer's input becomes, [t, out] each; undefined: the block has no such layer.
  struct Projected {
    Tensor q_to, k_to, v_to, gate_to;
  };
  Projected project(const Tensor& x_td, const Sequence& sequence) const;
  Tensor clip(const Tensor& x_to) const;
  Tensor place(const Tensor& x_to, const std::optional<NormLayer>& norm,
               const Sequence& sequence) const;
  Tensor queries(const Tensor& q_to, const Sequence& sequence) const;
  /// Of this block, or those it is lent.
  KeysValues keys_values(const Projected& projected, const Sequence& sequence) const;
  Tensor attend(const Tensor& q_thk, const KeysValues& own, const Sequence& sequence,
                Ports& ports) const;
  Tensor gated(const Tensor& o_thw, const Tensor& gate_to) const;

  spec::Gqa spec_;
  ops::Linear q_, out_;
  std::optional<ops::Linear> k_, v_, gate_;
  Tensor gate_bias_h_;  // undefined: none
  std::optional<NormLayer> q_norm_, k_norm_, v_norm_;
  ops::AttentionOptions options_;
  std::size_t layer_;
  std::size_t rope_index_;
};

/// The slope of each head before its scale, [heads] float32, as Press et al. 2022 choose them.
Tensor alibi_slopes(const spec::Alibi& alibi, std::int64_t heads);

}  // namespace automodel::nn
