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
Inputs random_inputs() {
  return {random_tensor({kTokens, kDim}),          random_tensor({kTokens, kPerToken}),
          random_tensor({kExperts, kInner, kDim}), random_tensor({kExperts, kInner}),
          random_tensor({kExperts, kInner, kDim}), random_tensor({kExperts, kInner}),
          random_tensor({kExperts, kDim, kInner}), random_tensor({kExperts, kDim})};
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
    Tensor sum = at::zeros({kDim});
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

TEST(Experts, WeightsOfHigherPrecisionGovernTheSum) {
  auto in = random_inputs();
  for (auto& tensor : in) {
    tensor = tensor.to(at::kBFloat16);
  }
  const Tensor weights = in[1].to(at::kFloat);
  const Tensor y =
      experts(in[0].requires_grad_(true), {some_experts(), weights}, weights_of(in), {});
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  y.sum().backward();
  EXPECT_EQ(in[0].grad().scalar_type(), at::kBFloat16);
}

TEST(Experts, RefuseWhatDoesNotFit) {
  auto in = random_inputs();
  EXPECT_THROW(experts(in[0], {some_experts() + 1, in[1]}, weights_of(in), {}), Error);
  EXPECT_THROW(experts(in[0].slice(1, 1), {some_experts(), in[1]}, weights_of(in), {}), Error);
}

}  // namespace
}  // namespace automodel::ops
