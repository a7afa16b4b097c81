#include "nn/block.h"

namespace automodel::nn {
namespace {

std::variant<GqaBlock> make_mixer(const spec::Layer& spec, const Parameters& parameters,
                                  std::int64_t layer, std::size_t rope_index) {
  return GqaBlock(std::get<spec::Gqa>(spec.mixer), parameters, layer, rope_index);
}

std::variant<MlpBlock> make_ffn(const spec::Layer& spec, const Parameters& parameters,
                                std::int64_t layer) {
  return MlpBlock(std::get<spec::Mlp>(spec.ffn), parameters, layer);
}

}  // namespace

Block::Block(const spec::Layer& spec, const Parameters& parameters, std::int64_t layer,
             std::size_t rope_index)
    : mixer_(make_mixer(spec, parameters, layer, rope_index)),
      ffn_(make_ffn(spec, parameters, layer)) {
  const auto norm = [&](const char* name) {
    return norm_layer(spec.norm, parameters, spec::layer_prefix(layer) + name);
  };
  before_mixer_ = norm("input_layernorm");
  if (spec.placement == spec::NormPlacement::sandwich) {
    after_mixer_ = norm("post_attention_layernorm");
    before_ffn_ = norm("pre_feedforward_layernorm");
    after_ffn_ = norm("post_feedforward_layernorm");
  } else {
    before_ffn_ = norm("post_attention_layernorm");
  }
}

Tensor Block::mix(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const Tensor y_td =
      std::visit([&](const auto& mixer) { return mixer.forward(x_td, sequence, ports); }, mixer_);
  return after_mixer_ ? (*after_mixer_)(y_td) : y_td;
}

Tensor Block::feed(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const Tensor y_td =
      std::visit([&](const auto& ffn) { return ffn.forward(x_td, sequence, ports); }, ffn_);
  return after_ffn_ ? (*after_ffn_)(y_td) : y_td;
}

Tensor Block::forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const Tensor mixed_td = mix(before_mixer_(x_td), sequence, ports);
  const auto [sum_td, normed_td] = ops::residual_norm(x_td, mixed_td, before_ffn_.weight_d,
                                                      before_ffn_.bias_d, before_ffn_.options);
  return sum_td + feed(normed_td, sequence, ports);
}

}  // namespace automodel::nn
