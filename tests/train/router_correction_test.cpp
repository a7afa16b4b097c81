#include "train/router_correction.h"

#include <gtest/gtest.h>

#include "train/step.h"
#include "train/tiny_model.h"

namespace automodel::train {
namespace {

constexpr double kStep = 0.125;

/// The second layer routes; only there corrections move.
parallel::ShardedModel routed_model(double step) {
  auto spec = tiny_spec();
  spec.layers[1].ffn = spec::Moe{
      .experts = 4,
      .per_token = 1,
      .inner = 8,
      .router = {.score = spec::Router::Score::sigmoid, .correction = true, .renormalise = true},
      .training = {.correction_step = step}};
  auto parameters = nn::initialise(spec, at::kFloat, 1);
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(!parameter.spec.is_buffer);
  }
  return {spec, std::move(parameters), {}};
}

Tensor correction(const parallel::ShardedModel& model) {
  return model.parameters().at("model.layers.1.mlp.gate.e_score_correction_bias");
}

nn::RouterReport loads(std::vector<std::int64_t> counts) {
  return {.layers = {{.layer = 1, .counts_e = std::move(counts)}}};
}

TEST(RouterCorrection, FollowsTheSignOfTheDifferenceFromTheMean) {
  auto model = routed_model(kStep);
  step_corrections(model, loads({8, 0, 4, 4}));
  EXPECT_TRUE(at::equal(correction(model), at::tensor({-kStep, kStep, 0., 0.}, at::kFloat)));
  step_corrections(model, loads({1, 9, 1, 1}));
  EXPECT_TRUE(at::equal(correction(model), at::tensor({0., 0., kStep, kStep}, at::kFloat)));
}

TEST(RouterCorrection, AStepOfZeroLeavesIt) {
  auto model = routed_model(0);
  step_corrections(model, loads({8, 0, 4, 4}));
  EXPECT_EQ(correction(model).abs().sum().item<double>(), 0);
}

/// What the step moved is what the loads of all its micro-batches say, however it was cut.
TEST(RouterCorrection, CountsTheWholeStep) {
  auto whole = routed_model(kStep), cut = routed_model(kStep);
  const auto a = tiny_tokens(1), b = tiny_tokens(9);
  const nn::Tokens joined{.ids_t = at::cat({a.ids_t, b.ids_t}),
                          .labels_t = at::cat({a.labels_t, b.labels_t}),
                          .positions_t = at::cat({a.positions_t, b.positions_t}),
                          .cu_seqlens = {0, 3, 5, 8, 10}};
  const auto step = [](parallel::ShardedModel& model, const std::vector<nn::Tokens>& batches) {
    Optimizer optimizer(model.parameters().trained(), {});
    return train_step(model, optimizer, batches, 0, {.lr = 1e-2}, {});
  };
  const auto one = step(whole, {joined}), two = step(cut, {a, b});
  EXPECT_EQ(one.routers.layers, two.routers.layers);
  EXPECT_TRUE(at::equal(correction(whole), correction(cut)));
  auto expected = routed_model(kStep);
  step_corrections(expected, one.routers);
  EXPECT_TRUE(at::equal(correction(whole), correction(expected)));
  EXPECT_GT(correction(whole).abs().sum().item<double>(), 0);
}

}  // namespace
}  // namespace automodel::train
