#include "nn/moe.h"

#include "base/known.h"
#include "ops/gates.h"

namespace automodel::nn {
namespace {

ops::RouterScore score_of(spec::Router::Score score) {
  switch (score) {
    case spec::Router::Score::softmax:
      return ops::RouterScore::softmax;
    case spec::Router::Score::softmax_of_chosen:
      return ops::RouterScore::softmax_of_chosen;
    case spec::Router::Score::sigmoid:
      break;
  }
  return ops::RouterScore::sigmoid;
}

ops::ExpertLinear expert_linear(const Parameters& parameters, const std::string& prefix) {
  return {parameters.at(prefix + ".weight"), parameters.find(prefix + ".bias"),
          parameters.adapter(prefix)};
}

ops::ExpertLinear at_step(const ops::ExpertLinear& layer, const Sequence& sequence) {
  return {layer.weight_eoi, layer.bias_eo, at_step(layer.adapter, sequence)};
}

ops::GluOptions glu_options(const spec::Moe& moe) {
  ops::GluOptions options{.activation = activation_of(moe.activation), .clamp = std::nullopt};
  if (moe.clamp) {
    options.clamp = ops::GluClamp{.limit = moe.clamp->limit, .alpha = moe.clamp->alpha};
  }
  return options;
}

ops::RouterOptions router_options(const spec::Moe& moe) {
  const auto& router = moe.router;
  return {.per_token = moe.per_token,
          .score = score_of(router.score),
          .choose_by_logits = router.choose_by_logits,
          .groups = router.groups,
          .kept_groups = router.kept_groups,
          .group_best = router.group_best,
          .renormalise = router.renormalise,
          .renormalise_eps = router.renormalise_eps,
          .renormalise_at_least = router.renormalise_at_least,
          .scale = router.scale};
}

}  // namespace

Tensor RouterSums::joined() const {
  return at::cat({probability_e, sequence_balance.unsqueeze(0), z.unsqueeze(0)});
}

RouterSums RouterSums::of(const Tensor& joined) {
  return {joined.slice(0, 0, -2), joined[-2], joined[-1]};
}

MoeBlock::MoeBlock(const spec::Moe& spec, const Parameters& parameters, const std::string& prefix)
    : spec_(spec),
      router_options_(router_options(spec)),
      gate_(parameters.linear(prefix + "gate")),
      gate_norm_(spec.router.norm ? std::optional(norm_layer(*spec.router.norm, parameters,
                                                             prefix + "gate.norm"))
                                  : std::nullopt),
      correction_e_(parameters.find(prefix + "gate.e_score_correction_bias")),
      scale_e_(parameters.find(prefix + "gate.expert_scale")),
      experts_{.gate = expert_linear(parameters, prefix + "experts.gate_proj"),
               .up = expert_linear(parameters, prefix + "experts.up_proj"),
               .down = expert_linear(parameters, prefix + "experts.down_proj")},
      glu_(glu_options(spec)) {
  if (spec.shared) {
    shared_.emplace(spec.shared->mlp, parameters, prefix + "shared_experts.");
    if (spec.shared->gated) {
      shared_gate_ = parameters.linear(prefix + "shared_expert_gate");
    }
  }
}

Tensor MoeBlock::logits(const Tensor& x_td, const Sequence& sequence) const {
  const auto& router = spec_.router;
  Tensor in_td = gate_norm_ ? (*gate_norm_)(x_td) : x_td;
  in_td = router.input_scale == 1 ? in_td : in_td * router.input_scale;
  in_td = router.logits_in_float32 ? in_td.to(at::kFloat) : in_td;
  const Tensor logits_te = ops::linear(in_td, at_step(gate_, sequence)).to(at::kFloat);
  return router.softcap ? at::tanh(logits_te / *router.softcap) * *router.softcap : logits_te;
}

Tensor MoeBlock::decide(const Tensor& logits_te, const Sequence& sequence) const {
  if (sequence.routing && sequence.routing->experts_tk.defined()) {
    return sequence.routing->experts_tk;
  }
  Tensor experts_tk = ops::choose_experts(logits_te, correction_e_, router_options_);
  if (sequence.routing) {
    sequence.routing->experts_tk = experts_tk;
    const bool by_logits_alone = !correction_e_.defined() && spec_.router.groups == 1;
    if (spec_.training.balance_loss != 0 && !by_logits_alone) {
      sequence.routing->likeliest_tk = ops::likeliest_experts(logits_te, spec_.per_token);
    }
  }
  return experts_tk;
}

/// Slot t * k + j goes to expert (t * k + j) % e; all weights are alike.
ops::Routing MoeBlock::even(const Tensor& x_td, const Sequence& sequence) const {
  const std::int64_t slots = x_td.size(0) * spec_.per_token;
  const Tensor experts_tk = at::arange(slots, x_td.options().dtype(at::kLong))
                                .remainder(spec_.experts)
                                .view({x_td.size(0), spec_.per_token});
  if (sequence.routing) {
    sequence.routing->experts_tk = experts_tk;
  }
  const auto dtype = spec_.router.weights_in_float32 ? at::kFloat : x_td.scalar_type();
  return {experts_tk, at::full(experts_tk.sizes(), 1.0 / static_cast<double>(spec_.per_token),
                               x_td.options().dtype(dtype))};
}

Tensor MoeBlock::sums(const Tensor& logits_te, const Tensor& experts_tk,
                      const Sequence& sequence) const {
  const auto& training = spec_.training;
  const Tensor zeros_e = at::zeros({spec_.experts}, logits_te.options());
  RouterSums out{zeros_e, zeros_e[0], zeros_e[0]};
  if (training.balance_loss != 0) {
    out.probability_e = ops::probability_sums(logits_te);
  }
  if (training.sequence_balance_loss != 0) {
    out.sequence_balance = ops::sequence_balance_sum(logits_te, experts_tk, sequence.cu_seqlens,
                                                     router_options_.score);
  }
  if (training.z_loss != 0) {
    out.z = ops::z_sum(logits_te);
  }
  return out.joined();
}

/// The learned factors of the chosen experts, of x's precision, [t, k] float32. A row for each
/// token makes their gradient a float32 sum over tokens; that of an index would add one after
/// another, in bfloat16 until the sum is 256 times a term, and from several threads in the order of
/// chance.
Tensor MoeBlock::scales(const Tensor& x_td, const Tensor& experts_tk) const {
  const Tensor scale_e = scale_e_.to(x_td.scalar_type()).to(at::kFloat);
  return scale_e.expand({x_td.size(0), spec_.experts}).gather(1, experts_tk);
}

ops::Routing MoeBlock::route(const Tensor& x_td, const Sequence& sequence) const {
  if (spec_.training.even) {
    return even(x_td, sequence);
  }
  const Tensor logits_te = logits(x_td, sequence);
  const Tensor experts_tk = decide(logits_te, sequence);
  if (sequence.router_sums && spec_.training.has_loss()) {
    *sequence.router_sums = sums(logits_te, experts_tk, sequence);
  }
  Tensor weights_tk = ops::routing_weights(logits_te, experts_tk, router_options_);
  if (scale_e_.defined()) {
    weights_tk = weights_tk * scales(x_td, experts_tk);
  }
  return {experts_tk,
          spec_.router.weights_in_float32 ? weights_tk : weights_tk.to(x_td.scalar_type())};
}

Tensor MoeBlock::shared(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const Tensor y_td = known(shared_).forward(x_td, sequence, ports);
  return shared_gate_ ? ops::sigmoid_of(ops::linear(x_td, at_step(*shared_gate_, sequence))) * y_td
                      : y_td;
}

Tensor MoeBlock::forward(const Tensor& x_td, const Tensor& router_td, const Sequence& sequence,
                         Ports& ports) const {
  const auto all = route(router_td, sequence);
  const ops::Routing routing{wanted(all.experts_tk, sequence), wanted(all.weights_tk, sequence)};
  const Tensor own_td = wanted(x_td, sequence);
  const Tensor in_td = ports.enter(own_td);
  const ops::ExpertWeights experts{.gate = at_step(experts_.gate, sequence),
                                   .up = at_step(experts_.up, sequence),
                                   .down = at_step(experts_.down, sequence)};
  const auto run = spec_.weight_on_input ? ops::experts_of_weighted_input : ops::experts;
  Tensor y_td = ports.leave(run(in_td, routing, experts, glu_, sequence.inner, sequence.deferred));
  if (shared_) {
    y_td = y_td + shared(own_td, sequence, ports);
  }
  return spec_.output_scale == 1 ? y_td : y_td * spec_.output_scale;
}

}  // namespace automodel::nn
