#include "nn/block.h"

#include <cmath>

#include "base/known.h"

namespace automodel::nn {
namespace {

using Mixer = std::variant<GqaBlock, MlaBlock>;
using Ffn = std::variant<MlpBlock, MoeBlock, MlpBesideMoeBlock>;

Mixer make_mixer(const spec::Layer& spec, const Parameters& parameters, std::int64_t layer,
                 std::size_t rope_index) {
  if (const auto* mla = std::get_if<spec::Mla>(&spec.mixer)) {
    return MlaBlock(*mla, parameters, layer, rope_index);
  }
  return GqaBlock(std::get<spec::Gqa>(spec.mixer), parameters, layer, rope_index);
}

Ffn make_ffn(const spec::Layer& spec, const Parameters& parameters, const std::string& prefix) {
  if (const auto* moe = std::get_if<spec::Moe>(&spec.ffn)) {
    return MoeBlock(*moe, parameters, prefix + "mlp.");
  }
  if (const auto* both = std::get_if<spec::MlpBesideMoe>(&spec.ffn)) {
    return MlpBesideMoeBlock(*both, parameters, prefix);
  }
  return MlpBlock(std::get<spec::Mlp>(spec.ffn), parameters, prefix + "mlp.");
}

/// How a feed-forward runs, on the wanted rows: x_td is the stream that normed_td was made from.
struct FfnRun {
  const Tensor& normed_td;
  const Tensor& x_td;
  const Sequence& sequence;
  Ports& ports;

  Tensor operator()(const MlpBlock& mlp) const {
    return mlp.forward(wanted(normed_td, sequence), sequence, ports);
  }
  Tensor operator()(const MoeBlock& moe) const { return moe.forward(normed_td, sequence, ports); }
  Tensor operator()(const MlpBesideMoeBlock& both) const {
    return both.forward(normed_td, x_td, sequence, ports);
  }
};

Tensor scaled(const Tensor& x_td, double weight) { return weight == 1 ? x_td : x_td * weight; }

}  // namespace

ResidualWeights residual_weights(const spec::Layer& layer, std::int64_t addition) {
  if (!layer.residual_index) {
    return {1, layer.residual_scale};
  }
  const auto n = static_cast<double>(*layer.residual_index + addition);
  return {std::sqrt((n - 1) / n), 1 / std::sqrt(n)};
}

Block::Block(const spec::Layer& spec, const Parameters& parameters, std::int64_t layer,
             std::size_t rope_index)
    : mixer_(make_mixer(spec, parameters, layer, rope_index)),
      ffn_(make_ffn(spec, parameters, spec::layer_prefix(layer))),
      placement_(spec.placement),
      mixer_weights_(residual_weights(spec, 0)),
      ffn_weights_(residual_weights(spec, 1)) {
  const auto names = spec::norm_names(spec.placement);
  const auto norm = [&](std::string_view name) {
    return name.empty() ? std::nullopt
                        : std::optional(norm_layer(spec.norm, parameters,
                                                   spec::layer_prefix(layer) + std::string(name)));
  };
  before_mixer_ = norm(names.before_mixer);
  after_mixer_ = norm(names.after_mixer);
  before_ffn_ = norm(names.before_ffn);
  after_ffn_ = norm(names.after_ffn);
  if (spec.input) {
    input_.emplace(*spec.input, spec.norm, parameters, spec::layer_prefix(layer));
  }
  if (spec.has_scalar) {
    scalar_ = parameters.at(spec::layer_prefix(layer) + "layer_scalar");
  }
}

Tensor Block::finish_branch(const Tensor& y_td, const std::optional<NormLayer>& norm,
                            double weight) const {
  const bool before_sum = norm && placement_ != spec::NormPlacement::post_residual;
  return scaled(before_sum ? (*norm)(y_td) : y_td, weight);
}

Tensor Block::mix(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const Tensor y_td =
      std::visit([&](const auto& mixer) { return mixer.forward(x_td, sequence, ports); }, mixer_);
  return finish_branch(y_td, after_mixer_, mixer_weights_.branch);
}

Tensor Block::feed(const Tensor& normed_td, const Tensor& x_td, const Sequence& sequence,
                   Ports& ports) const {
  return finish_branch(std::visit(FfnRun{normed_td, x_td, sequence, ports}, ffn_), after_ffn_,
                       ffn_weights_.branch);
}

Tensor Block::in_parallel(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const Tensor normed_td = known(before_mixer_)(x_td);
  const Tensor fed_td = before_ffn_ ? (*before_ffn_)(x_td) : normed_td;
  return wanted(x_td + mix(normed_td, sequence, ports), sequence) +
         feed(fed_td, x_td, sequence, ports);
}

Tensor Block::forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const Tensor sum_td = add_branches(x_td, sequence, ports);
  const Tensor y_td = input_ ? input_->forward(sum_td, sequence) : sum_td;
  // As a row, whose gradient LibTorch sums column by column: a sum to one number depends on the
  // number of threads.
  return scalar_.defined() ? y_td * scalar_.to(y_td.scalar_type()).expand(y_td.size(-1)) : y_td;
}

Tensor Block::add_branches(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  using Placement = spec::NormPlacement;
  switch (placement_) {
    case Placement::pre:
    case Placement::ffn_pre:
    case Placement::sandwich:
    case Placement::ffn_sandwich: {
      const Tensor normed_td = before_mixer_ ? (*before_mixer_)(x_td) : x_td;
      const auto& norm = known(before_ffn_);
      const auto [sum_td, fed_td] =
          ops::residual_norm(scaled(x_td, mixer_weights_.stream), mix(normed_td, sequence, ports),
                             norm.weight_d, norm.bias_d, norm.options);
      return scaled(wanted(sum_td, sequence), ffn_weights_.stream) +
             feed(fed_td, sum_td, sequence, ports);
    }
    case Placement::post: {
      const Tensor sum_td = scaled(x_td, mixer_weights_.stream) + mix(x_td, sequence, ports);
      return scaled(wanted(sum_td, sequence), ffn_weights_.stream) +
             feed(sum_td, sum_td, sequence, ports);
    }
    case Placement::post_residual: {
      const Tensor sum_td = known(after_mixer_)(x_td + mix(x_td, sequence, ports));
      return known(after_ffn_)(wanted(sum_td, sequence) + feed(sum_td, sum_td, sequence, ports));
    }
    case Placement::parallel:
    case Placement::parallel_two:
      break;
  }
  return in_parallel(x_td, sequence, ports);
}

}  // namespace automodel::nn
