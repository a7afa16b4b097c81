#include "nn/gqa.h"

namespace automodel::nn {

GqaBlock::GqaBlock(const spec::Gqa& spec, const Parameters& parameters, std::int64_t layer,
                   std::size_t rope_index)
    : spec_(spec), layer_(static_cast<std::size_t>(layer)), rope_index_(rope_index) {
  const auto prefix = spec::layer_prefix(layer) + "self_attn.";
  q_ = parameters.linear(prefix + "q_proj");
  k_ = parameters.linear(prefix + "k_proj");
  v_ = parameters.linear(prefix + "v_proj");
  out_ = parameters.linear(prefix + "o_proj");
  if (spec.head_norm) {
    q_norm_ = norm_layer(*spec.head_norm, parameters, prefix + "q_norm");
    k_norm_ = norm_layer(*spec.head_norm, parameters, prefix + "k_norm");
  }
}

Tensor GqaBlock::heads(const Tensor& x_td, const ops::Linear& projection,
                       const Sequence& sequence) const {
  return ops::linear(x_td, at_step(projection, sequence)).unflatten(-1, {-1, spec_.head_dim});
}

Tensor GqaBlock::place(const Tensor& x_thk, const std::optional<NormLayer>& norm,
                       const Sequence& sequence) const {
  const Tensor normed_thk = norm ? (*norm)(x_thk) : x_thk;
  return spec_.rope
             ? ops::rope(normed_thk, sequence.rope_tables[rope_index_], spec_.rope->interleaved)
             : normed_thk;
}

Tensor GqaBlock::forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const ops::AttentionOptions options{spec_.scale, spec_.window, spec_.softcap};
  const Tensor in_td = ports.enter(x_td);
  const Tensor q_thk = place(heads(in_td, q_, sequence), q_norm_, sequence);
  const Tensor k_thk = place(heads(in_td, k_, sequence), k_norm_, sequence);
  const Tensor v_thk = heads(in_td, v_, sequence);
  Tensor o_thk;
  if (sequence.cache != nullptr) {
    const auto& all = sequence.cache->append(layer_, k_thk, v_thk);
    o_thk = ops::cached_attention(q_thk, all.k_shk, all.v_shk, options);
  } else {
    o_thk = ports.attend(q_thk, k_thk, v_thk, sequence, options);
  }
  return ports.leave(ops::linear(o_thk.flatten(1), at_step(out_, sequence)));
}

}  // namespace automodel::nn
