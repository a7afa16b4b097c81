#include "ops/optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/update.h"
#include "tests/ops/own_isas.h"

namespace automodel::ops {
namespace {

struct Kind {
  bool decoupled, amsgrad, maximize;
  at::ScalarType grad = at::kFloat;
  at::ScalarType stored = at::kFloat;  // float32: nothing is stored beside the weight
};

AdamUpdate fresh(const Kind& kind, at::IntArrayRef shape) {
  at::manual_seed(7);
  const auto zeros = [&] { return at::zeros(shape); };
  return {.weight = at::randn(shape),
          .grad = {},
          .state = {zeros(), zeros(), kind.amsgrad ? zeros() : Tensor()},
          .stored = kind.stored == at::kFloat ? Tensor() : at::zeros(shape, kind.stored),
          .options = {.lr = 0.03,
                      .weight_decay = 0.1,
                      .decoupled = kind.decoupled,
                      .maximize = kind.maximize,
                      .grad_scale = 0.25}};
}

using Step = void (*)(std::span<const AdamUpdate>, std::int64_t);

/// Two weights of several tasks and of less than a register.
std::vector<AdamUpdate> after_steps(Step step, const Kind& kind) {
  std::vector<AdamUpdate> updates = {fresh(kind, {5}), fresh(kind, {97, 1409})};
  for (int i = 1; i <= 4; ++i) {
    for (auto& update : updates) {
      update.grad = at::randn_like(update.weight).to(kind.grad);
    }
    step(updates, i);
  }
  return updates;
}

void expect_close(const Tensor& got, const Tensor& expected) {
  EXPECT_TRUE(at::allclose(got, expected, 2e-6, 1e-6))
      << (got - expected).abs().max().item<double>();
}

void expect_same(const std::vector<AdamUpdate>& got, const std::vector<AdamUpdate>& expected) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    expect_close(got[i].weight, expected[i].weight);
    expect_close(got[i].state.exp_avg, expected[i].state.exp_avg);
    expect_close(got[i].state.exp_avg_sq, expected[i].state.exp_avg_sq);
    if (got[i].state.max_exp_avg_sq.defined()) {
      expect_close(got[i].state.max_exp_avg_sq, expected[i].state.max_exp_avg_sq);
    }
    if (got[i].stored.defined()) {
      EXPECT_TRUE(got[i].stored.equal(got[i].weight.to(got[i].stored.scalar_type())));
    }
  }
}

class AdamTest : public testing::TestWithParam<std::tuple<bool, bool, bool>> {
 protected:
  Kind kind() const {
    const auto [decoupled, amsgrad, maximize] = GetParam();
    return {decoupled, amsgrad, maximize};
  }
};

TEST_P(AdamTest, EqualsItsReference) {
  expect_same(after_steps(adam_step, kind()), after_steps(adam_step_reference, kind()));
}

TEST_P(AdamTest, TakesGradientsAndWeightsOfOtherTypes) {
  for (const auto dtype : {at::kBFloat16, at::kHalf}) {
    Kind own = kind();
    own.grad = own.stored = dtype;
    expect_same(after_steps(adam_step, own), after_steps(adam_step_reference, own));
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, AdamTest,
                         testing::Combine(testing::Bool(), testing::Bool(), testing::Bool()));

/// What the program's own choice of kernels leaves out.
class AdamKernel : public testing::TestWithParam<Isa> {};

TEST_P(AdamKernel, EqualsTheFormula) {
  const auto& kernels = cpu::kernels_of(GetParam())->update;
  for (const std::int64_t size : {1, 7, 8, 9, 16, 31, 1000, 70001}) {
    const Tensor weight = at::randn({size}), m = at::randn({size}), v = at::rand({size});
    const Tensor stored = at::zeros({size}, at::kBFloat16);
    const Tensor grad = at::randn({size}).to(at::kBFloat16);
    const Tensor g = grad.to(at::kDouble) * 0.5, w = weight.to(at::kDouble) * 0.9;
    const Tensor m2 = m.to(at::kDouble) * 0.8 + g * 0.2;
    const Tensor v2 = v.to(at::kDouble) * 0.7 + g * g * 0.3;
    const Tensor expected = w - 0.01 * m2 / (v2.sqrt() * 1.5 + 1e-3);
    const cpu::AdamTask task{.weight = weight.mutable_data_ptr<float>(),
                             .stored = static_cast<std::uint16_t*>(stored.mutable_data_ptr()),
                             .exp_avg = m.mutable_data_ptr<float>(),
                             .exp_avg_sq = v.mutable_data_ptr<float>(),
                             .grad = cpu::elements_of(grad),
                             .size = size,
                             .grad_scale = 0.5F,
                             .shrink = 0.9F,
                             .beta1 = 0.8F,
                             .beta2 = 0.7F,
                             .rest1 = 0.2F,
                             .rest2 = 0.3F,
                             .step_size = 0.01F,
                             .root_scale = 1.5F,
                             .eps = 1e-3F};
    cpu::adam(kernels, {&task, 1});
    expect_close(weight, expected.to(at::kFloat));
    expect_close(m, m2.to(at::kFloat));
    expect_close(v, v2.to(at::kFloat));
    EXPECT_TRUE(stored.equal(weight.to(at::kBFloat16))) << size;
  }
}

TEST_P(AdamKernel, SumOfSquaresInOneOrder) {
  const auto& kernels = cpu::kernels_of(GetParam())->update;
  const int before = at::get_num_threads();
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    for (const std::int64_t size : {0, 1, 15, 1023, 1025, 200001}) {
      const Tensor x = at::randn({size}).to(dtype);
      const std::vector<cpu::Run> runs = {{cpu::elements_of(x), size}, {cpu::elements_of(x), size}};
      at::set_num_threads(1);
      const double one = cpu::sum_of_squares(kernels, runs);
      at::set_num_threads(3);
      EXPECT_EQ(cpu::sum_of_squares(kernels, runs), one);
      const double exact = 2 * x.to(at::kDouble).square().sum().item<double>();
      EXPECT_NEAR(one, exact, 1e-6 * exact);
    }
  }
  at::set_num_threads(before);
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, AdamKernel, testing::ValuesIn(own_isas()), name_of_isa);

TEST(SumOfSquares, TakesEveryLayoutAndType) {
  const Tensor x = at::randn({30, 40});
  const std::vector<Tensor> tensors = {x, x.t(), x.to(at::kHalf), x.to(at::kBFloat16)};
  double exact = 0;
  for (const Tensor& tensor : tensors) {
    exact += tensor.to(at::kDouble).square().sum().item<double>();
  }
  EXPECT_NEAR(sum_of_squares(tensors), exact, 1e-5 * exact);
  EXPECT_EQ(sum_of_squares({}), 0);
  const std::vector<Tensor> broken = {at::full({3}, std::nan(""))};
  EXPECT_TRUE(std::isnan(sum_of_squares(broken)));
}

AdamUpdate of_two(double weight, const Tensor& grad, const AdamOptions& options) {
  return {.weight = at::full({2}, weight),
          .grad = grad,
          .state = {at::zeros({2}), at::zeros({2}), {}},
          .stored = {},
          .options = options};
}

TEST(Adam, FirstStepMovesByTheLearningRate) {
  // mean / sqrt(square) is the gradient's sign at step 1.
  const auto update = of_two(1, at::tensor({3.0F, -0.5F}), {.lr = 0.1, .eps = 0});
  adam_step({&update, 1}, 1);
  expect_close(update.weight, at::tensor({0.9F, 1.1F}));
}

TEST(Adam, DecayWithoutGradient) {
  const auto update = of_two(1, at::zeros({2}), {.lr = 0.1, .weight_decay = 0.5});
  adam_step({&update, 1}, 1);
  expect_close(update.weight, at::full({2}, 0.95));
}

TEST(Adam, TakesWeightsThatAreNotContiguous) {
  const Tensor matrix = at::ones({2, 3});
  auto update = fresh({true, false, false}, {3, 2});
  update.weight = matrix.t();
  update.grad = at::ones({3, 2});
  adam_step({&update, 1}, 1);
  EXPECT_NEAR(matrix[1][2].item<double>(), 1 - 0.03 * 0.1 - 0.03, 1e-5);
}

/// 1 - 0.999 in float32 is off by 1e-5.
TEST(Adam, MomentsHaveTheirFullPrecision) {
  const auto update = of_two(0, at::tensor({3.0F, -0.5F}), {});
  adam_step({&update, 1}, 1);
  EXPECT_NEAR(update.state.exp_avg[0].item<double>(), 0.3, 1e-7);
  EXPECT_NEAR(update.state.exp_avg_sq[0].item<double>(), 0.009, 0.009 * 2e-7);
}

void expect_error(const Tensor& grad, std::int64_t step, const std::string& text) {
  const auto update = of_two(0, grad, {});
  try {
    adam_step({&update, 1}, step);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find(text), std::string::npos) << error.message();
  }
}

TEST(Adam, RefusesOperandsThatDoNotFit) {
  expect_error(at::zeros({2}, at::kLong), 1, "gradient is int64, which is no floating type");
  expect_error(at::zeros({3}), 1, "gradient has the shape [3], the weight [2]");
  expect_error(at::zeros({2}), 0, "count from 1, not 0");
}

}  // namespace
}  // namespace automodel::ops
