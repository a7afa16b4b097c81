#include "ops/optimizer.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel::ops {
namespace {

struct Trained {
  Tensor weight;
  AdamState state;
};

Trained fresh(bool amsgrad) {
  at::manual_seed(7);
  const Tensor weight = at::randn({5, 7});
  return {weight, {at::zeros({5, 7}), at::zeros({5, 7}), amsgrad ? at::zeros({5, 7}) : Tensor()}};
}

template <typename Step>
Trained after_steps(const Step& step, const AdamOptions& options, bool amsgrad) {
  Trained trained = fresh(amsgrad);
  for (int i = 1; i <= 4; ++i) {
    step(trained.weight, at::randn({5, 7}), trained.state, i, options);
  }
  return trained;
}

void expect_close(const Tensor& got, const Tensor& expected) {
  EXPECT_TRUE(at::allclose(got, expected, 1e-5, 1e-7)) << got << expected;
}

class AdamTest : public testing::TestWithParam<std::tuple<bool, bool, bool>> {};

TEST_P(AdamTest, EqualsItsReference) {
  const auto [decoupled, amsgrad, maximize] = GetParam();
  const AdamOptions options{
      .lr = 0.03, .weight_decay = 0.1, .decoupled = decoupled, .maximize = maximize};
  const Trained got = after_steps(adam_step, options, amsgrad);
  const Trained expected = after_steps(adam_step_reference, options, amsgrad);
  expect_close(got.weight, expected.weight);
  expect_close(got.state.exp_avg, expected.state.exp_avg);
  expect_close(got.state.exp_avg_sq, expected.state.exp_avg_sq);
  if (amsgrad) {
    expect_close(got.state.max_exp_avg_sq, expected.state.max_exp_avg_sq);
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, AdamTest,
                         testing::Combine(testing::Bool(), testing::Bool(), testing::Bool()));

TEST(Adam, FirstStepMovesByTheLearningRate) {
  // mean / sqrt(square) is the gradient's sign at step 1.
  const Tensor weight = at::full({2}, 1.0);
  const AdamState state{at::zeros({2}), at::zeros({2}), {}};
  adam_step(weight, at::tensor({3.0F, -0.5F}), state, 1, {.lr = 0.1, .eps = 0});
  expect_close(weight, at::tensor({0.9F, 1.1F}));
}

TEST(Adam, DecayWithoutGradient) {
  const Tensor weight = at::full({2}, 1.0);
  const AdamState state{at::zeros({2}), at::zeros({2}), {}};
  adam_step(weight, at::zeros({2}), state, 1, {.lr = 0.1, .weight_decay = 0.5});
  expect_close(weight, at::full({2}, 0.95));
}

void expect_error(const Tensor& grad, std::int64_t step, const std::string& text) {
  const AdamState state{at::zeros({2}), at::zeros({2}), {}};
  try {
    adam_step(at::zeros({2}), grad, state, step, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find(text), std::string::npos) << error.message();
  }
}

TEST(Adam, RefusesOperandsThatDoNotFit) {
  expect_error(at::zeros({2}, at::kBFloat16), 1, "its gradient is bfloat16");
  expect_error(at::zeros({3}), 1, "gradient has the shape [3], the weight [2]");
  expect_error(at::zeros({2}), 0, "count from 1, not 0");
}

}  // namespace
}  // namespace automodel::ops
