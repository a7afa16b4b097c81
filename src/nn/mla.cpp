#include "nn/mla.h"

#include <ATen/ATen.h>

#include "base/known.h"

namespace automodel::nn {

MlaBlock::MlaBlock(const spec::Mla& spec, const Parameters& parameters, std::int64_t layer,
                   std::size_t rope_index)
    : spec_(spec), layer_(static_cast<std::size_t>(layer)), rope_index_(rope_index) {
  const auto prefix = spec::layer_prefix(layer) + "self_attn.";
  if (spec.q_lora_rank) {
    q_a_ = parameters.linear(prefix + "q_a_proj");
    q_norm_ = norm_layer(spec.latent_norm, parameters, prefix + "q_a_layernorm");
  }
  q_ = parameters.linear(prefix + (spec.q_lora_rank ? "q_b_proj" : "q_proj"));
  kv_a_ = parameters.linear(prefix + "kv_a_proj_with_mqa");
  kv_norm_ = norm_layer(spec.latent_norm, parameters, prefix + "kv_a_layernorm");
  kv_b_ = parameters.linear(prefix + "kv_b_proj");
  out_ = parameters.linear(prefix + "o_proj");
}

Tensor MlaBlock::rotate(const Tensor& x_thr, const Sequence& sequence) const {
  return spec_.rope ? ops::rope(x_thr, sequence.rope_tables[rope_index_], spec_.rope->interleaved)
                    : x_thr;
}

Tensor MlaBlock::queries(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  // The projections into latents are whole on every rank: tensor parallelism begins behind them.
  const Tensor in =
      ports.enter(q_a_ ? known(q_norm_)(ops::linear(x_td, at_step(*q_a_, sequence))) : x_td);
  const Tensor q_thk = ops::linear(in, at_step(q_, sequence)).unflatten(-1, {-1, spec_.head_dim()});
  return at::cat({q_thk.narrow(-1, 0, spec_.nope_dim),
                  rotate(q_thk.narrow(-1, spec_.nope_dim, spec_.rope_dim), sequence)},
                 -1);
}

KeysValues MlaBlock::keys_values(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const Tensor latent = ops::linear(x_td, at_step(kv_a_, sequence));
  const Tensor in = ports.enter(kv_norm_(latent.narrow(-1, 0, spec_.kv_lora_rank)));
  const Tensor shared_t1r = rotate(
      ports.enter(latent.narrow(-1, spec_.kv_lora_rank, spec_.rope_dim)).unsqueeze(1), sequence);
  const Tensor kv_the = ops::linear(in, at_step(kv_b_, sequence))
                            .unflatten(-1, {-1, spec_.nope_dim + spec_.value_dim});
  return {
      at::cat({kv_the.narrow(-1, 0, spec_.nope_dim), shared_t1r.expand({-1, kv_the.size(1), -1})},
              -1),
      kv_the.narrow(-1, spec_.nope_dim, spec_.value_dim)};
}

Tensor MlaBlock::forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const ops::AttentionOptions options{.scale = spec_.scale};
  const Tensor q_thk = queries(x_td, sequence, ports);
  const auto [k_thk, v_thw] = keys_values(x_td, sequence, ports);
  Tensor o_thw;
  if (sequence.cache == nullptr) {
    o_thw = ports.attend(q_thk, k_thk, v_thw, sequence, options);
  } else {
    const auto& all = sequence.cache->append(layer_, k_thk, v_thw);
    o_thw = ops::cached_attention(q_thk, all.k_shk, all.v_shk, options);
  }
  return ports.leave(ops::linear(o_thw.flatten(1), at_step(out_, sequence)));
}

}  // namespace automodel::nn
