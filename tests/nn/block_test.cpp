#include "nn/block.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/decoder.h"
#include "ops/cpu/dispatch.h"
#include "tests/nn/tiny_model.h"
#include "tests/ops/gradient_check.h"

namespace automodel::nn {
namespace {

Sequence sequence_of(const spec::ModelSpec& model, const Tokens& tokens) {
  const auto& rope = *std::get<spec::Gqa>(model.layers[0].mixer).rope;
  return {.cu_seqlens = tokens.cu_seqlens, .rope_tables = {rope_tables(rope, tokens, at::kFloat)}};
}

Sequence four_tokens(const spec::ModelSpec& model) { return sequence_of(model, tiny_tokens({4})); }

/// The residual stream must pass through a layer whose branches give nothing.
TEST(Block, BranchesAddToTheResidual) {
  for (const auto placement : {spec::NormPlacement::pre, spec::NormPlacement::ffn_pre,
                               spec::NormPlacement::sandwich, spec::NormPlacement::ffn_sandwich}) {
    const auto model = tiny_spec(placement);
    auto parameters = tiny_parameters(model);
    const at::NoGradGuard no_grad;
    parameters.at("model.layers.0.self_attn.o_proj.weight").zero_();
    parameters.at("model.layers.0.mlp.down_proj.weight").zero_();
    const auto sequence = four_tokens(model);
    Ports ports;
    const Tensor x = at::randn({4, 24});
    EXPECT_TRUE(at::equal(Block(model.layers[0], parameters, 0, 0).forward(x, sequence, ports), x));
    EXPECT_FALSE(
        at::equal(Block(model.layers[1], parameters, 1, 0).forward(x, sequence, ports), x));
  }
}

TEST(ResidualWeights, FollowScaleOrDepth) {
  EXPECT_EQ(residual_weights({.residual_scale = 0.5}, 1).branch, 0.5);
  const spec::Layer second{.residual_index = 4};
  EXPECT_DOUBLE_EQ(residual_weights(second, 0).stream, std::sqrt(3.0 / 4));
  EXPECT_DOUBLE_EQ(residual_weights(second, 1).stream, std::sqrt(4.0 / 5));
  EXPECT_DOUBLE_EQ(residual_weights(second, 1).branch, std::sqrt(1.0 / 5));
}

TEST(Block, AScalarMultipliesTheOutput) {
  auto model = tiny_spec();
  model.layers[0].has_scalar = true;
  auto parameters = tiny_parameters(model);
  const auto sequence = four_tokens(model);
  Ports ports;
  const Tensor x = at::randn({4, 24});
  const Tensor scaled = Block(model.layers[0], parameters, 0, 0).forward(x, sequence, ports);
  model.layers[0].has_scalar = false;
  const Tensor plain = Block(model.layers[0], parameters, 0, 0).forward(x, sequence, ports);
  EXPECT_TRUE(at::equal(scaled, plain * parameters.at("model.layers.0.layer_scalar")));
}

TEST(Block, TheNumberOfThreadsChangesNoByteOfItsScalarsGradient) {
  if (ops::cpu::kernels() == nullptr) {
    GTEST_SKIP() << "no own kernels in this run";
  }
  auto model = tiny_spec();
  model.layers[0].has_scalar = true;
  auto parameters = tiny_parameters(model);
  const Tensor& scalar = parameters.at("model.layers.0.layer_scalar");
  const auto sequence = sequence_of(model, tiny_tokens({2001}));
  Ports ports;
  const Tensor x = at::randn({2001, 24}), grad = at::randn({2001, 24});
  ops::expect_same_with_any_threads([&] {
    const Tensor y = Block(model.layers[0], parameters, 0, 0).forward(x, sequence, ports);
    return torch::autograd::grad({y}, {scalar}, {grad});
  });
}

}  // namespace
}  // namespace automodel::nn
