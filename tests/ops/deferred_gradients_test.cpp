#include "ops/deferred_gradients.h"

#include <cmath>
#include <numeric>

#include "ops/cpu/dispatch.h"
#include "ops/grouped_product.h"
#include "ops/optimizer.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

/// A group without pairs, some with few and two with so many that they are computed at once.
const GroupCounts kRowsOfExperts = {3, 0, 90, 1, 17, 8, 120, 2, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
constexpr std::int64_t kLeft = 70, kRight = 44;

class DeferredGradientsTest : public ::testing::TestWithParam<at::ScalarType> {
 protected:
  void SetUp() override {
    if (cpu::kernels() == nullptr) {
      GTEST_SKIP() << "LibTorch's operators compute every gradient";
    }
    at::manual_seed(11);
    const auto pairs =
        std::accumulate(kRowsOfExperts.begin(), kRowsOfExperts.end(), std::int64_t{0});
    const auto rows = [](std::int64_t n, std::int64_t width) {
      return at::randn({n, width}).to(GetParam());
    };
    gradient_ = {{rows(40, kLeft), at::randint(40, {pairs}, at::kLong)},
                 {rows(pairs, kRight), {}},
                 kRowsOfExperts};
    weight_ =
        at::randn({static_cast<std::int64_t>(kRowsOfExperts.size()), kLeft, kRight}).to(GetParam());
  }

  AdamUpdate update() const {
    const Tensor zeros = at::zeros_like(weight_);
    const bool is_narrow = GetParam() == at::kBFloat16;
    return {.weight = weight_.clone(),
            .grad = {},
            .state = {zeros.clone(), zeros.clone(), {}},
            .master = is_narrow ? at::zeros(weight_.sizes(), at::kChar) : Tensor(),
            .options = {.lr = 0.1, .weight_decay = 0.1, .grad_scale = 0.5}};
  }

  /// Weight and moments behind two steps.
  static std::vector<Tensor> stepped(AdamUpdate update) {
    adam_step({&update, 1}, 1);
    adam_step({&update, 1}, 2);
    return {update.weight, update.state.exp_avg, update.state.exp_avg_sq};
  }

  GroupedOuterProduct gradient_;
  Tensor weight_;
};

TEST_P(DeferredGradientsTest, KeepsRowsOfGroupsWithFewPairs) {
  DeferredGradients deferred;
  EXPECT_EQ(deferred.find(weight_), nullptr);
  ASSERT_TRUE(deferred.take(weight_, gradient_));
  EXPECT_FALSE(deferred.take(weight_, gradient_)) << "it has one";
  const auto* kept = deferred.find(weight_);
  ASSERT_NE(kept, nullptr);
  EXPECT_TRUE(kept->is_deferred(0));
  EXPECT_FALSE(kept->is_deferred(2));
  EXPECT_FALSE(kept->is_deferred(6));
  const Tensor all = grouped_outer_product(gradient_, GetParam());
  EXPECT_TRUE(at::equal(kept->computed_of(2), all[2]));
  EXPECT_TRUE(at::equal(kept->computed_of(6), all[6]));
  deferred.clear();
  EXPECT_EQ(deferred.find(weight_), nullptr);
}

/// What is computed at once is rounded to the weight's type.
TEST_P(DeferredGradientsTest, NormIsThatOfTheGradients) {
  const double tolerance = GetParam() == at::kFloat ? 1e-5 : 1e-4;
  DeferredGradients deferred;
  const Tensor other = weight_.clone();
  EXPECT_EQ(deferred.sum_of_squares(), 0);
  deferred.take(weight_, gradient_);
  const double one = sum_of_squares_reference(gradient_);
  EXPECT_NEAR(deferred.sum_of_squares(), one, tolerance * one);
  deferred.take(other,
                {gradient_.left, {gradient_.right.matrix * 2, {}}, kRowsOfExperts});  // shares rows
  EXPECT_NEAR(deferred.sum_of_squares(), 5 * one, 5 * tolerance * one);
  expect_same_with_any_threads(
      [&]() -> std::vector<Tensor> { return {at::tensor(deferred.sum_of_squares())}; });
}

/// bfloat16: that of many pairs is rounded when it is computed, and moments at random.
TEST_P(DeferredGradientsTest, UpdateIsThatOfTheComputedGradient) {
  DeferredGradients deferred;
  deferred.take(weight_, gradient_);
  auto ours = update();
  ours.deferred = deferred.find(weight_);
  auto computed = update();
  computed.grad = grouped_outer_product(gradient_, at::kFloat);
  for (const std::int64_t e : {2, 6}) {
    computed.grad[e].copy_(ours.deferred->computed_of(e));
  }
  const auto expected = stepped(computed), got = stepped(ours);
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_TRUE(at::equal(got[i], expected[i])) << i;
  }
}

TEST_P(DeferredGradientsTest, UpdateIsTheSameOnAnyNumberOfThreads) {
  DeferredGradients deferred;
  deferred.take(weight_, gradient_);
  expect_same_with_any_threads([&] {
    auto one = update();
    one.deferred = deferred.find(weight_);
    return stepped(one);
  });
}

/// As the reference does for any.
TEST_P(DeferredGradientsTest, WhatNoKernelTakesIsComputedForTheUpdate) {
  DeferredGradients deferred;
  deferred.take(weight_, gradient_);
  auto wide = update(), computed = update();
  for (auto* one : {&wide, &computed}) {
    one->weight = one->weight.to(at::kHalf);
    one->master = one->weight.to(at::kFloat);
  }
  wide.deferred = deferred.find(weight_);
  computed.grad = grouped_outer_product(gradient_, at::kFloat);
  EXPECT_TRUE(at::equal(stepped(wide)[0], stepped(computed)[0]));
}

TEST_P(DeferredGradientsTest, IsAddedToWhatAutogradHas) {
  DeferredGradients deferred;
  const Tensor alone = weight_.clone();
  deferred.take(weight_, gradient_);
  deferred.take(alone, gradient_);
  weight_.mutable_grad() = at::ones_like(weight_);
  deferred.add_to_computed();
  EXPECT_EQ(deferred.find(weight_), nullptr);
  EXPECT_NE(deferred.find(alone), nullptr);
  const Tensor expected = grouped_outer_product(gradient_, at::kFloat) + 1;
  EXPECT_LE(relative_error(weight_.grad().to(at::kFloat), expected),
            GetParam() == at::kFloat ? 1e-6 : 8e-3);
}

INSTANTIATE_TEST_SUITE_P(Types, DeferredGradientsTest, ::testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& parameter) { return c10::toString(parameter.param); });

TEST(DeferredGradients, AreNotTakenWhereNoGroupHasFewPairsOrNoKernelComputes) {
  DeferredGradients deferred;
  const auto product = [](std::int64_t pairs, std::int64_t n, at::ScalarType dtype) {
    return GroupedOuterProduct{
        {at::randn({pairs, 8}, dtype), {}}, {at::randn({pairs, n}, dtype), {}}, {pairs}};
  };
  const Tensor weight = at::zeros({1, 8, 8});
  EXPECT_FALSE(deferred.take(weight, product(60, 8, at::kFloat)));
  EXPECT_FALSE(deferred.take(weight.to(at::kDouble), product(2, 8, at::kDouble)));
  EXPECT_FALSE(deferred.take(at::zeros({1, 8, 7}), product(2, 7, at::kFloat))) << "odd";
  const Tensor made = at::zeros({1, 8, 8}).requires_grad_(true) * 2;
  EXPECT_FALSE(deferred.take(made, product(2, 8, at::kFloat))) << "autograd takes it further";
  EXPECT_EQ(deferred.take(weight, product(2, 8, at::kFloat)), cpu::kernels() != nullptr);
}

}  // namespace
}  // namespace automodel::ops
