#include "nn/mlp.h"

#include "base/error.h"

namespace automodel::nn {

ops::Activation activation_of(spec::Activation activation) {
  switch (activation) {
    case spec::Activation::silu:
      return ops::Activation::silu;
    case spec::Activation::gelu:
      return ops::Activation::gelu;
    case spec::Activation::gelu_tanh:
      return ops::Activation::gelu_tanh;
    case spec::Activation::relu:
      return ops::Activation::relu;
    case spec::Activation::relu2:
      return ops::Activation::relu2;
  }
  fail(ErrorKind::internal, "unknown activation");
}

MlpBlock::MlpBlock(const spec::Mlp& spec, const Parameters& parameters, const std::string& prefix)
    : spec_(spec) {
  if (spec.gated) {
    gate_ = parameters.linear(prefix + "gate_proj");
  }
  up_ = parameters.linear(prefix + "up_proj");
  down_ = parameters.linear(prefix + "down_proj");
}

Tensor MlpBlock::forward(const Tensor& x_td, const Sequence& sequence, Ports& ports) const {
  const Tensor in_td = ports.enter(x_td);
  const auto up = at_step(up_, sequence);
  const auto down = at_step(down_, sequence);
  const ops::MlpOptions options{activation_of(spec_.activation), sequence.inner};
  return ports.leave(spec_.gated
                         ? ops::gated_mlp(in_td, at_step(gate_, sequence), up, down, options)
                         : ops::plain_mlp(in_td, up, down, options));
}

}  // namespace automodel::nn
