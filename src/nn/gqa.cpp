#include "nn/gqa.h"

#include <bit>
#include <cmath>

#include "base/known.h"
#include "ops/gates.h"

namespace automodel::nn {

Tensor alibi_slopes(const spec::Alibi& alibi, std::int64_t heads) {
  // Powers of a base for the next lower power of two; the rest from every second of twice as many.
  const auto lower = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(heads)));
  Tensor slopes_h = at::empty({heads}, at::kFloat);
  for (std::int64_t h = 0; h < heads; ++h) {
    const double exponent =
        h < lower ? static_cast<double>(h + 1) / static_cast<double>(lower)
                  : static_cast<double>(2 * (h - lower) + 1) / static_cast<double>(2 * lower);
    slopes_h[h] = std::exp2(-alibi.max_bias * exponent);
  }
  return slopes_h;
}

GqaBlock::GqaBlock(const spec::Gqa& spec, const Parameters& parameters, std::int64_t layer,
                   std::size_t rope_index)
    : spec_(spec),
      options_{.scale = spec.scale,
               .window = spec.window,
               .chunk = spec.chunk,
               .softcap = spec.softcap,
               .slopes_h = spec.alibi ? alibi_slopes(*spec.alibi, spec.heads) : Tensor(),
               .slope_scale = spec.alibi ? spec.alibi->scale : 1,
               .slopes_in_bfloat16 = spec.alibi && spec.alibi->in_bfloat16},
      layer_(static_cast<std::size_t>(layer)),
      rope_index_(rope_index) {
  const auto prefix = spec::layer_prefix(layer) + "self_attn.";
  q_ = parameters.linear(prefix + "q_proj");
  if (options_.slopes_h.defined()) {
    options_.slopes_h = options_.slopes_h.to(q_.weight_oi.device());
  }
  if (!spec.kv_layer) {
    k_ = parameters.linear(prefix + "k_proj");
  }
  if (!spec.kv_layer && !spec.keys_as_values) {
    v_ = parameters.linear(prefix + "v_proj");
  }
  out_ = parameters.linear(prefix + "o_proj");
  if (spec.gate != spec::OutputGate::none) {
    gate_ = parameters.linear(prefix + "gate_proj");
    gate_bias_h_ = parameters.find(prefix + "gate_bias");
  }
  if (spec.head_norm) {
    q_norm_ = norm_layer(spec.head_norm->norm, parameters, prefix + "q_norm");
  }
  if (spec.head_norm && !spec.kv_layer) {
    k_norm_ = norm_layer(spec.head_norm->norm, parameters, prefix + "k_norm");
  }
  if (spec.value_norm && !spec.kv_layer) {
    v_norm_ = norm_layer(*spec.value_norm, parameters, prefix + "v_norm");
  }
  if (spec.sinks) {
    options_.sinks_h = parameters.at(prefix + "sinks");
  }
}

GqaBlock::Projected GqaBlock::project(const Tensor& x_td, const Sequence& sequence) const {
  Projected out;
  std::vector<ops::Linear> layers = {at_step(q_, sequence)};
  std::vector<Tensor*> results = {&out.q_to};
  const auto add = [&](const std::optional<ops::Linear>& layer, Tensor& result) {
    if (layer) {
      layers.push_back(at_step(*layer, sequence));
      results.push_back(&result);
    }
  };
  add(k_, out.k_to);
  add(v_, out.v_to);
  add(gate_, out.gate_to);
  const auto found = ops::linears(x_td, layers);
  for (std::size_t i = 0; i < found.size(); ++i) {
    *results[i] = found[i];
  }
  return out;
}

Tensor GqaBlock::clip(const Tensor& x_to) const {
  return spec_.clip ? x_to.clamp(-*spec_.clip, *spec_.clip) : x_to;
}

Tensor GqaBlock::place(const Tensor& x_to, const std::optional<NormLayer>& norm,
                       const Sequence& sequence) const {
  const bool over_all = norm && known(spec_.head_norm).over == spec::HeadNorm::Over::all_heads;
  const bool norm_last = norm && known(spec_.head_norm).after_rope;
  Tensor x_thk = clip(over_all ? (*norm)(x_to) : x_to).unflatten(-1, {-1, spec_.head_dim});
  if (norm && !over_all && !norm_last) {
    x_thk = (*norm)(x_thk);
  }
  if (spec_.rope) {
    x_thk = ops::rope(x_thk, sequence.rope_tables[rope_index_], spec_.rope->interleaved);
  }
  return norm_last ? (*norm)(x_thk) : x_thk;
}

Tensor GqaBlock::queries(const Tensor& q_to, const Sequence& sequence) const {
  const Tensor q_thk = place(q_to, q_norm_, sequence);
  return spec_.temperature ? q_thk * position_temperature(*spec_.temperature, sequence.positions_t)
                                         .to(q_thk.scalar_type())
                                         .view({-1, 1, 1})
                           : q_thk;
}

KeysValues GqaBlock::keys_values(const Projected& projected, const Sequence& sequence) const {
  if (spec_.kv_layer) {
    return sequence.lent;
  }
  const Tensor& k_to = projected.k_to;
  const Tensor& v_to = spec_.keys_as_values ? k_to : projected.v_to;
  Tensor v_thw = clip(v_to).unflatten(-1, {-1, spec_.value_width()});
  if (v_norm_) {
    v_thw = (*v_norm_)(v_thw);
  }
  if (spec_.value_scale != 1) {
    v_thw = v_thw * spec_.value_scale;
  }
  return {place(k_to, k_norm_, sequence), v_thw};
}

Tensor GqaBlock::attend(const Tensor& q_thk, const KeysValues& own, const Sequence& sequence,
                        Ports& ports) const {
  if (sequence.cache == nullptr) {
    return ports.attend(q_thk, own.k_thk, own.v_thw, sequence, options_);
  }
  const auto& all = spec_.kv_layer ? sequence.cache->at(static_cast<std::size_t>(*spec_.kv_layer))
                                   : sequence.cache->append(layer_, own.k_thk, own.v_thw);
  return ops::cached_attention(q_thk, all.k_shk, all.v_shk, options_);
}

Tensor GqaBlock::gated(const Tensor& o_thw, const Tensor& gate_to) const {
  if (!gate_to.defined()) {
    return o_thw;
  }
  Tensor x_thg = gate_to.unflatten(-1, {spec_.heads, -1});
  if (gate_bias_h_.defined()) {
    x_thg = x_thg + gate_bias_h_.to(x_thg.scalar_type()).unsqueeze(-1);
  }
  return o_thw * (spec_.gate_function == spec::GateFunction::sigmoid
                      ? ops::sigmoid_of(x_thg)
                      : ops::softplus_of(x_thg.to(at::kFloat)).to(x_thg.scalar_type()));
}

Tensor GqaBlock::forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const auto projected = project(ports.enter(x_td), sequence);
  const Tensor q_thk = queries(projected.q_to, sequence);
  const auto own = keys_values(projected, sequence);
  if (sequence.kept) {
    *sequence.kept = own;
  }
  const Tensor o_thw = gated(attend(q_thk, own, sequence, ports), projected.gate_to);
  return ports.leave(ops::linear(o_thw.flatten(1), at_step(out_, sequence)));
}

}  // namespace automodel::nn
