#pragma once
// Multi-head latent attention.

#include <optional>

#include "nn/norm.h"
#include "nn/ports.h"

namespace automodel::nn {

class MlaBlock {
 public:
  /// `rope_index` is the place of the spec's RoPE in Sequence::rope_tables; `layer` the one in the
  /// KV cache, which holds the expanded keys and values.
  MlaBlock(const spec::Mla& spec, const Parameters& parameters, std::int64_t layer,
           std::size_t rope_index);

  /// x_td: [t, d], normed. Returns the branch's output, [t, d].
  Tensor forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;

 private:
  Tensor queries(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;
  KeysValues keys_values(const Tensor& x_td, const Sequence& sequence, Ports& ports) const;
  Tensor rotate(const Tensor& x_thr, const Sequence& sequence) const;

  spec::Mla spec_;
  std::optional<ops::Linear> q_a_;
  std::optional<NormLayer> q_norm_;
  ops::Linear q_, kv_a_, kv_b_, out_;
  NormLayer kv_norm_;
  std::size_t layer_;
  std::size_t rope_index_;
};

}  // namespace automodel::nn
