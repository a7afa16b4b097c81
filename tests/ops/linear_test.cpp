#include "ops/linear.h"

#include "base/error.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

TEST(Linear, EqualsThePlainProduct) {
  expect_same([](const Inputs& in) { return linear(in[0], {in[1], in[2], std::nullopt}); },
              [](const Inputs& in) { return in[0].mm(in[1].t()) + in[2]; },
              {random_tensor({5, 7}), random_tensor({3, 7}), random_tensor({3})});
}

TEST(Linear, AdapterAddsTheScaledLowRankProduct) {
  expect_same(
      [](const Inputs& in) {
        return linear(in[0],
                      {in[1], Tensor(), Adapter{.a_ri = in[2], .b_or = in[3], .scale = 0.5}});
      },
      [](const Inputs& in) {
        return in[0].mm(in[1].t()) + in[0].mm(in[2].t()).mm(in[3].t()) * 0.5;
      },
      {random_tensor({5, 7}), random_tensor({3, 7}), random_tensor({2, 7}), random_tensor({3, 2})});
}

TEST(Linear, DropoutIsTheSameForTheSameSeedAndRightOnAverage) {
  const Tensor x = at::ones({1, 64});
  const Linear layer{at::zeros({1, 64}), Tensor(),
                     Adapter{.a_ri = at::ones({1, 64}), .b_or = at::ones({1, 1}), .dropout = 0.25}};
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Linear seeded = layer;
    seeded.adapter->dropout_seed = seed;
    const Tensor y = linear(x, seeded);
    EXPECT_TRUE(at::equal(y, linear(x, seeded)));
    sum += y.item<double>();
  }
  EXPECT_NEAR(sum / 400, 64, 1);  // standard error 64^0.5 * (1/3)^0.5 / 400^0.5 = 0.23
}

TEST(Linear, DropoutBackwardUsesTheForwardsMask) {
  for (const bool after : {false, true}) {
    const Tensor weight = random_tensor({3, 8});
    const auto run = [&](const Inputs& in) {
      return linear(in[0], {weight, Tensor(),
                            Adapter{.a_ri = in[1],
                                    .b_or = in[2],
                                    .dropout = 0.5,
                                    .dropout_after = after,
                                    .dropout_seed = 9}});
    };
    const Inputs inputs = {random_tensor({4, 8}), random_tensor({2, 8}), random_tensor({3, 2})};
    const auto base = value_and_gradients(run, inputs);
    for (std::size_t i = 0; i < inputs.size();
         ++i) {  // central differences along one random direction
      const Tensor step = random_tensor(inputs[i].sizes());
      Inputs forth = inputs;
      Inputs back = inputs;
      forth[i] = inputs[i] + 1e-2 * step;
      back[i] = inputs[i] - 1e-2 * step;
      const Tensor direction = at::linspace(-1, 1, 12, at::kFloat).sin().view({4, 3});
      const double numeric = ((run(forth) - run(back)) * direction).sum().item<double>() / 2e-2;
      const double analytic = (base[i + 1] * step).sum().item<double>();
      EXPECT_NEAR(numeric, analytic, 1e-3 * (1 + std::abs(numeric)));
    }
  }
}

TEST(Linear, ConvertsStoredWeights) {
  const Tensor x = random_tensor({2, 8});
  const Tensor weight = random_tensor({3, 8}).to(at::kBFloat16);
  const Tensor y = linear(x, {weight, Tensor(), std::nullopt});
  EXPECT_EQ(y.scalar_type(), at::kFloat);
  EXPECT_LE(relative_error(y, x.mm(weight.to(at::kFloat).t())), 1e-6);
}

/// Layers of one input as so many nodes: the same values, and gradients that differ by the order of
/// sums alone.
TEST(Linears, AreTheLayersOneByOne) {
  const auto layers = [](const Inputs& in) {
    const auto adapter = [&](std::size_t i, double dropout, bool after) {
      return Adapter{.a_ri = in[i],
                     .b_or = in[i + 1],
                     .scale = 0.5,
                     .dropout = dropout,
                     .dropout_after = after,
                     .dropout_seed = i};
    };
    return std::vector<Linear>{{in[1], in[2], std::nullopt},
                               {in[3], Tensor(), adapter(4, 0, false)},
                               {in[6], in[7], adapter(8, 0.5, false)},
                               {in[6], Tensor(), adapter(8, 0.5, true)},
                               {in[3], Tensor(), adapter(4, 0, false)}};
  };
  const Inputs inputs = {random_tensor({5, 7}), random_tensor({3, 7}), random_tensor({3}),
                         random_tensor({4, 7}), random_tensor({2, 7}), random_tensor({4, 2}),
                         random_tensor({6, 7}), random_tensor({6}),    random_tensor({3, 7}),
                         random_tensor({6, 3})};
  expect_same([&](const Inputs& in) { return at::cat(linears(in[0], layers(in)), 1); },
              [&](const Inputs& in) {
                std::vector<Tensor> each;
                for (const Linear& layer : layers(in)) {
                  each.push_back(linear(in[0], layer));
                }
                return at::cat(each, 1);
              },
              inputs);
}

TEST(Linears, GiveOnlyTheGradientsAskedFor) {
  const Tensor x = random_tensor({5, 7});
  const Tensor trained = random_tensor({3, 7}).requires_grad_(true);
  const auto y = linears(x, std::vector<Linear>{{random_tensor({4, 7}), Tensor(), std::nullopt},
                                                {trained, Tensor(), std::nullopt}});
  (y[0].sum() + 2 * y[1].sum()).backward();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_LE(relative_error(trained.grad(), 2 * x.sum(0).expand({3, 7})), 1e-5);
}

TEST(Linear, RefusesAnotherWidth) {
  EXPECT_THROW(linear(random_tensor({2, 8}), {random_tensor({3, 7}), Tensor(), std::nullopt}),
               Error);
}

}  // namespace
}  // namespace automodel::ops
