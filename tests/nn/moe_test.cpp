#include "nn/moe.h"

#include <gtest/gtest.h>

#include "tests/nn/tiny_model.h"
#include "tests/ops/gradient_check.h"

namespace automodel::nn {
namespace {

spec::ModelSpec routed_spec(const spec::Moe& moe) {
  auto model = tiny_spec();
  for (auto& layer : model.layers) {
    layer.ffn = moe;
  }
  return model;
}

spec::Moe some_moe() {
  return {.experts = 5,
          .per_token = 2,
          .inner = 12,
          .shared = spec::SharedExperts{.mlp = {.inner = 16}, .gated = true}};
}

Tensor run(const spec::Moe& moe, const Parameters& parameters, const Tensor& x_td,
           const std::shared_ptr<RoutingRecord>& record = nullptr) {
  Sequence sequence;
  sequence.routing = record;
  Ports ports;
  return MoeBlock(moe, parameters, "model.layers.0.mlp.").forward(x_td, sequence, ports);
}

TEST(MoeBlock, AddsTheGatedSharedExperts) {
  auto moe = some_moe();
  const auto parameters = tiny_parameters(routed_spec(moe));
  const Tensor x_td = at::randn({4, 24});
  const Tensor both = run(moe, parameters, x_td);
  Ports ports;
  const Tensor shared = MlpBlock(moe.shared->mlp, parameters, "model.layers.0.mlp.shared_experts.")
                            .forward(x_td, {}, ports);
  const Tensor gate =
      at::sigmoid(x_td.mm(parameters.at("model.layers.0.mlp.shared_expert_gate.weight").t()));
  moe.shared.reset();
  EXPECT_TRUE(at::allclose(both, run(moe, parameters, x_td) + gate * shared, 1e-4, 1e-5));
  moe.output_scale = 0.5;
  EXPECT_TRUE(at::allclose((both - gate * shared) * 0.5, run(moe, parameters, x_td), 1e-4, 1e-5));
}

TEST(MoeBlock, TheSoftcapBendsTheLogits) {
  auto moe = some_moe();
  moe.router.renormalise = true;
  const auto parameters = tiny_parameters(routed_spec(moe));
  const Tensor x_td = at::randn({4, 24});
  const Tensor plain = run(moe, parameters, x_td);
  moe.router.softcap = 0.1;
  EXPECT_FALSE(at::allclose(plain, run(moe, parameters, x_td), 1e-3, 1e-3));
}

TEST(MoeBlock, ExpertsHaveLearnedScales) {
  auto moe = some_moe();
  moe.router.expert_scale = true;
  moe.shared.reset();
  const auto parameters = tiny_parameters(routed_spec(moe));
  const Tensor x_td = at::randn({4, 24});
  const Tensor scaled = run(moe, parameters, x_td);
  parameters.at("model.layers.0.mlp.gate.expert_scale").detach().mul_(2);
  EXPECT_TRUE(at::allclose(run(moe, parameters, x_td), scaled * 2, 1e-4, 1e-5));
}

/// Of the learned factors, in float32, where the block computes in this type.
Tensor scale_gradient(at::ScalarType dtype, std::int64_t tokens) {
  auto moe = some_moe();
  moe.router.expert_scale = true;
  moe.shared.reset();
  auto parameters = tiny_parameters(routed_spec(moe));
  for (auto& parameter : parameters.all()) {
    parameter.value = parameter.value.detach().to(dtype).requires_grad_(true);
  }
  const Tensor x_td = at::randn({tokens, 24}).to(dtype);
  run(moe, parameters, x_td).sum().backward();
  return parameters.at("model.layers.0.mlp.gate.expert_scale").grad().to(at::kFloat);
}

/// A sum in bfloat16 stops growing at about 256 terms.
TEST(MoeBlock, GradientsOfLearnedScalesAreSummedInFloat32) {
  constexpr std::int64_t kTokens = 6000;
  EXPECT_LT(ops::relative_error(scale_gradient(at::kBFloat16, kTokens),
                                scale_gradient(at::kFloat, kTokens)),
            0.05);
}

TEST(MoeBlock, GradientsOfLearnedScalesDoNotDependOnThreads) {
  constexpr std::int64_t kTokens = 40000;
  ops::expect_same_with_any_threads(
      [] { return std::vector{scale_gradient(at::kFloat, kTokens)}; });
}

TEST(MoeBlock, TheRoutersInputIsNormedAndScaled) {
  auto moe = some_moe();
  moe.router.norm = spec::Norm{};
  const auto parameters = tiny_parameters(routed_spec(moe));
  const Tensor x_td = at::randn({4, 24});
  Ports ports;
  const MoeBlock block(moe, parameters, "model.layers.0.mlp.");
  EXPECT_TRUE(at::allclose(block.forward(x_td, x_td, {}, ports),
                           block.forward(x_td, x_td * 3, {}, ports), 1e-4, 1e-5));
  moe.router.input_scale = 3;
  const MoeBlock scaled(moe, parameters, "model.layers.0.mlp.");
  EXPECT_FALSE(at::allclose(block.forward(x_td, {}, ports), scaled.forward(x_td, {}, ports)));
}

/// Beside each module of the first layer's experts and router: scale 2, rank 3.
Parameters with_adapters(Parameters parameters, const spec::ModelSpec& model) {
  for (const auto& module : spec::lora_modules(spec::parameters(model), {})) {
    if (module.layer == 0 && module.role != spec::Role::attention) {
      parameters.add_adapter(module, at::randn(module.a_shape(3)) * 0.2,
                             {at::randn(module.b_shape(3)) * 0.2}, 2);
    }
  }
  return parameters;
}

TEST(MoeBlock, AdaptersActAsTheirMergedWeights) {
  const auto moe = some_moe();
  const auto model = routed_spec(moe);
  const auto adapted = with_adapters(tiny_parameters(model), model);
  auto merged = tiny_parameters(model);
  for (auto& parameter : merged.all()) {
    if (const auto names = adapted.adapter_names(spec::without_weight(parameter.spec.name))) {
      parameter.value =
          parameter.value.detach() + 2 * adapted.at(names->b).matmul(adapted.at(names->a));
    }
  }
  const Tensor x_td = at::randn({6, 24});
  const Tensor y_td = run(moe, adapted, x_td);
  EXPECT_TRUE(at::allclose(y_td, run(moe, merged, x_td), 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(y_td, run(moe, tiny_parameters(model), x_td), 1e-2, 1e-2));
}

TEST(MoeBlock, KeepsItsChoiceAndTakesAKeptOne) {
  const auto moe = some_moe();
  const auto parameters = tiny_parameters(routed_spec(moe));
  const Tensor x_td = at::randn({4, 24});
  const auto record = std::make_shared<RoutingRecord>();
  const Tensor decided = run(moe, parameters, x_td, record);
  ASSERT_TRUE(record->experts_tk.defined());
  EXPECT_TRUE(at::equal(decided, run(moe, parameters, x_td, record)));
  record->experts_tk = (record->experts_tk + 1).remainder(5);
  EXPECT_FALSE(at::allclose(decided, run(moe, parameters, x_td, record), 1e-3, 1e-3));
}

/// The router's correction changes between the forward and the backward that runs the block again.
TEST(MoeBlock, ExpertsTakeTurnsInBenchmarks) {
  auto moe = some_moe();
  moe.shared.reset();
  const auto parameters = tiny_parameters(routed_spec(moe));
  const Tensor x_td = at::randn({5, 24});
  moe.training.even = true;
  const auto record = std::make_shared<RoutingRecord>();
  const Tensor y = run(moe, parameters, x_td, record);
  const Tensor turns = at::arange(10).remainder(5).view({5, 2});
  EXPECT_TRUE(record->experts_tk.equal(turns));
  EXPECT_TRUE(at::bincount(record->experts_tk.flatten()).eq(2).all().item<bool>());
  parameters.at("model.layers.0.mlp.gate.weight").detach().mul_(-3);
  EXPECT_TRUE(run(moe, parameters, x_td).equal(y));
}

TEST(MoeBlock, ARecomputeDoesNotRouteAgain) {
  auto moe = some_moe();
  moe.router = {.score = spec::Router::Score::sigmoid, .correction = true};
  const auto model = routed_spec(moe);
  const auto tokens = tiny_tokens({7, 12});
  std::vector<Tensor> gradients;
  for (const bool recompute : {false, true}) {
    const auto parameters = tiny_parameters(model);
    const Decoder decoder(model, parameters);
    Ports ports;
    LocalRunner keep;
    RecomputeRunner again;
    BlockRunner& runner = recompute ? static_cast<BlockRunner&>(again) : keep;
    const Tensor hidden = decoder.hidden(tokens, {.training = true}, runner, ports);
    for (int i = 0; i < 3; ++i) {
      parameters.at(spec::layer_prefix(i) + "mlp.gate.e_score_correction_bias")
          .detach()
          .copy_(at::arange(5) * 10);
    }
    hidden.sum().backward();
    gradients.push_back(parameters.at("model.layers.1.mlp.experts.up_proj.weight").grad());
  }
  EXPECT_TRUE(at::equal(gradients[0], gradients[1]));
}

}  // namespace
}  // namespace automodel::nn
