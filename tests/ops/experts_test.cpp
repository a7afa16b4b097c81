#include "ops/experts.h"

#include "base/error.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

constexpr std::int64_t kTokens = 9, kDim = 6, kInner = 5, kExperts = 4, kPerToken = 2;

/// Expert 2 gets no token.
Tensor some_experts() {
  return at::tensor({0, 1, 3, 0, 1, 3, 0, 3, 1, 0, 3, 1, 0, 1, 3, 1, 0, 3}, at::kLong)
      .view({kTokens, kPerToken});
}

/// x, weights, then weight and bias of gate, up and down.
Inputs random_inputs(std::int64_t dim = kDim, std::int64_t inner = kInner) {
  return {random_tensor({kTokens, dim}),         random_tensor({kTokens, kPerToken}),
          random_tensor({kExperts, inner, dim}), random_tensor({kExperts, inner}),
          random_tensor({kExperts, inner, dim}), random_tensor({kExperts, inner}),
          random_tensor({kExperts, dim, inner}), random_tensor({kExperts, dim})};
}

ExpertWeights weights_of(const Inputs& in) {
  return {{in[2], in[3], {}}, {in[4], in[5], {}}, {in[6], in[7], {}}};
}

Tensor one_expert(const Inputs& in, const Tensor& x_d, std::int64_t e) {
  const Tensor gate = in[2][e].mv(x_d) + in[3][e];
  const Tensor up = in[4][e].mv(x_d) + in[5][e];
  return in[6][e].mv(gate * at::sigmoid(gate) * up) + in[7][e];
}

/// Token by token, expert by expert.
Tensor reference(const Inputs& in, bool weight_on_input) {
  const Tensor experts_tk = some_experts();
  std::vector<Tensor> rows;
  for (std::int64_t t = 0; t < kTokens; ++t) {
    Tensor sum = at::zeros_like(in[0][t]);
    for (std::int64_t k = 0; k < kPerToken; ++k) {
      const auto e = experts_tk[t][k].item<std::int64_t>();
      const Tensor w = in[1][t][k];
      sum = sum +
            (weight_on_input ? one_expert(in, in[0][t] * w, e) : one_expert(in, in[0][t], e) * w);
    }
    rows.push_back(sum);
  }
  return at::stack(rows);
}

TEST(Experts, EqualTheLoopOverTokens) {
  expect_same(
      [](const Inputs& in) { return experts(in[0], {some_experts(), in[1]}, weights_of(in), {}); },
      [](const Inputs& in) { return reference(in, false); }, random_inputs());
}

TEST(Experts, WeightedInputEqualsTheLoopOverTokens) {
  expect_same(
      [](const Inputs& in) {
        return experts_of_weighted_input(in[0], {some_experts(), in[1]}, weights_of(in), {});
      },
      [](const Inputs& in) { return reference(in, true); }, random_inputs());
}

TEST(Experts, AdaptersActAsTheirMergedWeights) {
  const Inputs all = random_inputs();
  const auto adapter = [](const Tensor& a, const Tensor& b) {
    return Adapter{.a_ri = a, .b_or = b, .scale = 0.5};
  };
  expect_same(
      [&](const Inputs& in) {
        const ExpertWeights weights{{all[2], {}, adapter(in[2], in[3])},
                                    {all[4], {}, {}},
                                    {all[6], all[7], adapter(in[4], in[5])}};
        return experts(in[0], {some_experts(), in[1]}, weights, {});
      },
      [&](const Inputs& in) {
        return experts(in[0], {some_experts(), in[1]},
                       {{all[2] + 0.5 * in[3].bmm(in[2]), {}, {}},
                        {all[4], {}, {}},
                        {all[6] + 0.5 * in[5].bmm(in[4]), all[7], {}}},
                       {});
      },
      {all[0], all[1], random_tensor({kExperts, 2, kDim}), random_tensor({kExperts, kInner, 2}),
       random_tensor({kExperts, 2, kInner}), random_tensor({kExperts, kDim, 2})});
}

/// The gradient along random directions against the difference quotient, in float64: the backward
/// must drop what the forward dropped.
TEST(Experts, AdaptersDropTheSameEntriesBothWays) {
  for (const bool after : {false, true}) {
    Inputs in = random_inputs();
    for (Tensor& input : in) {
      input = input.to(at::kDouble);
    }
    const Inputs base = {in[0], random_tensor({kExperts, 2, kDim}).to(at::kDouble),
                         random_tensor({kExperts, kInner, 2}).to(at::kDouble),
                         random_tensor({kExperts, 2, kInner}).to(at::kDouble),
                         random_tensor({kExperts, kDim, 2}).to(at::kDouble)};
    const auto value = [&](const Inputs& at, double dropout) {
      const auto adapter = [&](const Tensor& a, const Tensor& b, std::uint64_t seed) {
        return Adapter{.a_ri = a,
                       .b_or = b,
                       .scale = 0.5,
                       .dropout = dropout,
                       .dropout_after = after,
                       .dropout_seed = seed};
      };
      const ExpertWeights weights{{in[2], in[3], adapter(at[1], at[2], 4)},
                                  {in[4], in[5], {}},
                                  {in[6], in[7], adapter(at[3], at[4], 5)}};
      const Tensor y = experts(at[0], {some_experts(), in[1]}, weights, {});
      return (y * at::linspace(-1, 1, y.numel(), at::kDouble).view_as(y)).sum();
    };
    Inputs leaves, up, down;
    double along = 0;
    std::vector<Tensor> directions;
    for (const Tensor& input : base) {
      leaves.push_back(input.detach().clone().requires_grad_(true));
      directions.push_back(at::randn_like(input));
      up.push_back(input + 1e-5 * directions.back());
      down.push_back(input - 1e-5 * directions.back());
    }
    const auto grads = torch::autograd::grad({value(leaves, 0.4)}, leaves);
    for (std::size_t i = 0; i < grads.size(); ++i) {
      along += (grads[i] * directions[i]).sum().item<double>();
    }
    const double quotient =
        (value(up, 0.4).item<double>() - value(down, 0.4).item<double>()) / 2e-5;
    EXPECT_NEAR(along, quotient, 1e-5 * std::abs(quotient));
    EXPECT_NE(value(base, 0.4).item<double>(), value(base, 0).item<double>());
  }
}

TEST(Experts, FrozenWeightsGetNoGradient) {
  auto in = random_inputs();
  in[0].requires_grad_(true);
  experts(in[0], {some_experts(), in[1]}, weights_of(in), {}).sum().backward();
  EXPECT_TRUE(in[0].grad().defined());
  EXPECT_FALSE(in[2].grad().defined());
}

TEST(Experts, RecomputedInnerProductsChangeNoByte) {
  const auto run = [](Inner inner) {
    return value_and_gradients(
        [&](const Inputs& in) {
          return experts(in[0], {some_experts(), in[1]}, weights_of(in), {}, inner);
        },
        random_inputs());
  };
  at::manual_seed(3);
  const auto kept = run(Inner::kept);
  at::manual_seed(3);
  const auto again = run(Inner::recomputed);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_TRUE(kept[i].equal(again[i])) << i;
  }
}

/// The output and the gradient of x, both in x's type.
std::pair<Tensor, Tensor> experts_and_gradient(const Inputs& in) {
  const Tensor x = in[0].detach().clone().requires_grad_(true);
  const Tensor y = experts(x, {some_experts(), in[1]}, weights_of(in), {});
  y.sum().backward();
  EXPECT_EQ(y.scalar_type(), x.scalar_type());
  EXPECT_EQ(x.grad().scalar_type(), x.scalar_type());
  return {y.detach().to(at::kDouble), x.grad().to(at::kDouble)};
}

/// Of x to y, by least squares.
double ratio(const Tensor& x, const Tensor& y) {
  return ((x * y).sum() / y.square().sum()).item<double>();
}

/// bfloat16 rounds these weights to powers of two, 0.4 % below them: the mean of many numbers
/// tells, since each of them is rounded itself.
TEST(Experts, WeightsOfHigherPrecisionGovernTheSum) {
  Inputs in = random_inputs(300, 100);
  const Tensor powers = at::exp2(at::randint(-1, 2, {kTokens, kPerToken}, at::kFloat));
  const double excess = 1 + 0.99 * 0x1p-8;
  in[1] = powers * excess;
  ASSERT_TRUE(in[1].to(at::kBFloat16).equal(powers.to(at::kBFloat16)));
  Inputs exact;
  for (std::size_t i = 0; i < in.size(); ++i) {
    in[i] = i == 1 ? in[i] : in[i].to(at::kBFloat16);
    exact.push_back(in[i].to(at::kDouble));
  }
  const auto [y, grad] = experts_and_gradient(in);
  const auto [expected, expected_grad] = experts_and_gradient(exact);
  EXPECT_LE(relative_error(expected, reference(exact, false)), 1e-12);
  EXPECT_LE(relative_error(y, expected), 2e-2);
  EXPECT_LE(relative_error(grad, expected_grad), 2e-2);
  in[1] = powers;
  const auto [below, grad_below] = experts_and_gradient(in);
  EXPECT_NEAR(ratio(y, below), excess, 2e-3);  // not 1
  EXPECT_NEAR(ratio(grad, grad_below), excess, 2e-3);
}

TEST(Experts, RefuseWhatDoesNotFit) {
  auto in = random_inputs();
  EXPECT_THROW(experts(in[0], {some_experts() + 1, in[1]}, weights_of(in), {}), Error);
  EXPECT_THROW(experts(in[0].slice(1, 1), {some_experts(), in[1]}, weights_of(in), {}), Error);
}

}  // namespace
}  // namespace automodel::ops
