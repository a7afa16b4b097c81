#include "ops/norm.h"

#include "base/error.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

Tensor plain_rms(const Tensor& x, const Tensor& weight, double eps, double offset) {
  return x * (x.square().mean(-1, true) + eps).rsqrt() * (offset + weight);
}

TEST(Norm, RmsEqualsThePlainFormula) {
  for (const double offset : {0.0, 1.0}) {
    const NormOptions options{.eps = 1e-5, .weight_offset = offset, .gain_in_float32 = offset == 1};
    expect_same([&](const Inputs& in) { return norm(in[0], in[1], Tensor(), options); },
                [&](const Inputs& in) { return plain_rms(in[0], in[1], 1e-5, offset); },
                {random_tensor({7, 48}), random_tensor({48})});
  }
}

TEST(Norm, RmsWorksPerHeadAndWithoutWeight) {
  expect_same([](const Inputs& in) { return norm(in[0], in[1], Tensor(), {}); },
              [](const Inputs& in) { return plain_rms(in[0], in[1], 1e-6, 0); },
              {random_tensor({5, 3, 16}), random_tensor({16})});
  expect_same([](const Inputs& in) { return norm(in[0], Tensor(), Tensor(), {}); },
              [](const Inputs& in) { return plain_rms(in[0], at::ones({16}), 1e-6, 0); },
              {random_tensor({5, 16})});
}

const NormOptions kLayer{.kind = NormOptions::Kind::layer, .eps = 1e-5};

/// Undefined parameters: none.
Tensor plain_layer(const Tensor& x, const Tensor& gain, const Tensor& bias) {
  const Tensor centred = x - x.mean(-1, true);
  Tensor y = centred * (centred.square().mean(-1, true) + 1e-5).rsqrt();
  y = gain.defined() ? y * gain : y;
  return (bias.defined() ? y + bias : y).to(x.scalar_type());
}

/// Float32 goes to the kernel, float64 to the reference.
constexpr std::array kBoth = {at::kFloat, at::kDouble};

TEST(Norm, LayerEqualsThePlainFormula) {
  for (const auto dtype : kBoth) {
    for (const std::int64_t width : {7, 48, 1000}) {
      const Tensor x = random_tensor({7, width}).to(dtype);
      const Tensor weight = random_tensor({width}), bias = random_tensor({width});
      expect_same([](const Inputs& in) { return norm(in[0], in[1], in[2], kLayer); },
                  [](const Inputs& in) { return plain_layer(in[0], in[1], in[2]); },
                  {x, weight, bias});
      expect_same([](const Inputs& in) { return norm(in[0], Tensor(), Tensor(), kLayer); },
                  [](const Inputs& in) { return plain_layer(in[0], Tensor(), Tensor()); }, {x});
      expect_same([](const Inputs& in) { return norm(in[0], Tensor(), in[1], kLayer); },
                  [](const Inputs& in) { return plain_layer(in[0], Tensor(), in[1]); }, {x, bias});
    }
  }
}

TEST(Norm, LayerMultipliesByTheOffsetWeight) {
  NormOptions options = kLayer;
  options.weight_offset = 1;
  for (const auto dtype : kBoth) {
    expect_same([&](const Inputs& in) { return norm(in[0], in[1], Tensor(), options); },
                [](const Inputs& in) { return plain_layer(in[0], 1 + in[1], Tensor()); },
                {random_tensor({7, 33}).to(dtype), random_tensor({33})});
  }
}

/// As Cohere's queries have it; the kernel does not.
TEST(Norm, LayerWithAGainPerHead) {
  expect_same([](const Inputs& in) { return norm(in[0], in[1], in[2], kLayer); },
              [](const Inputs& in) { return plain_layer(in[0], in[1], in[2]); },
              {random_tensor({5, 3, 16}), random_tensor({3, 16}), random_tensor({3, 16})});
}

TEST(Norm, LayerOfNoRows) {
  const auto out =
      value_and_gradients([](const Inputs& in) { return norm(in[0], in[1], in[2], kLayer); },
                          {random_tensor({0, 8}), random_tensor({8}), random_tensor({8})});
  EXPECT_EQ(out[0].numel(), 0);
  EXPECT_EQ((out[2].abs() + out[3].abs()).sum().item<double>(), 0);
}

TEST(Norm, ResidualIsSumAndNorm) {
  expect_same(
      [](const Inputs& in) {
        const auto out = residual_norm(in[0], in[1], in[2], Tensor(), {});
        return out.sum_td * out.normed_td;
      },
      [](const Inputs& in) {
        const Tensor sum = in[0] + in[1];
        return sum * plain_rms(sum, in[2], 1e-6, 0);
      },
      {random_tensor({4, 8}), random_tensor({4, 8}), random_tensor({8})});
  for (const auto dtype : kBoth) {
    expect_same(
        [](const Inputs& in) {
          const auto out = residual_norm(in[0], in[1], in[2], in[3], kLayer);
          return out.sum_td * out.normed_td;
        },
        [](const Inputs& in) {
          const Tensor sum = in[0] + in[1];
          return sum * plain_layer(sum, in[2], in[3]);
        },
        {random_tensor({4, 33}).to(dtype), random_tensor({4, 33}).to(dtype), random_tensor({33}),
         random_tensor({33})});
  }
}

/// One rounding, at the end; the same of the gradients.
TEST(Norm, LayerInBfloat16) {
  const Inputs wide = {random_tensor({60, 100}), random_tensor({100}), random_tensor({100})};
  const auto run = [](const Formula& formula, const Inputs& in) {
    auto out = value_and_gradients(formula, in);
    for (Tensor& tensor : out) {
      EXPECT_EQ(tensor.scalar_type(), at::kBFloat16);
      tensor = tensor.to(at::kFloat);
    }
    return out;
  };
  Inputs narrow;
  for (const Tensor& x : wide) {
    narrow.push_back(x.to(at::kBFloat16));
  }
  const auto ours = run([](const Inputs& in) { return norm(in[0], in[1], in[2], kLayer); }, narrow);
  const auto reference = run(
      [](const Inputs& in) {
        const auto f = [](const Tensor& x) { return x.to(at::kFloat); };
        return at::layer_norm(f(in[0]), {100}, f(in[1]), f(in[2]), 1e-5).to(at::kBFloat16);
      },
      narrow);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_LE(relative_error(ours[i], reference[i]), 4e-3) << i;  // 2^-8: neighbours of bfloat16
  }
  EXPECT_GT(ours[0].eq(reference[0]).to(at::kFloat).mean().item<double>(), 0.99);
}

TEST(Norm, TheNumberOfThreadsChangesNoByte) {
  const Inputs inputs = {random_tensor({700, 96}), random_tensor({96}), random_tensor({96})};
  expect_same_with_any_threads([&] {
    return value_and_gradients([](const Inputs& in) { return norm(in[0], in[1], in[2], kLayer); },
                               inputs);
  });
}

TEST(Norm, KeepsBfloat16AndRoundsBeforeTheGain) {
  const Tensor x = random_tensor({6, 32}).to(at::kBFloat16);
  const Tensor weight = random_tensor({32}).to(at::kBFloat16);
  const Tensor x32 = x.to(at::kFloat);
  const Tensor normed = x32 * (x32.square().mean(-1, true) + 1e-6).rsqrt();
  EXPECT_TRUE(at::equal(norm(x, weight, Tensor(), {}), normed.to(at::kBFloat16) * weight));
}

TEST(Norm, RefusesAWeightOfAnotherWidth) {
  EXPECT_THROW(norm(random_tensor({2, 8}), random_tensor({7}), Tensor(), {}), Error);
  EXPECT_THROW(norm(random_tensor({2, 8}), random_tensor({8}), random_tensor({7}), kLayer), Error);
}

TEST(Norm, RefusesABiasOfAnRmsNorm) {
  EXPECT_THROW(norm(random_tensor({2, 8}), random_tensor({8}), random_tensor({8}), {}), Error);
}

}  // namespace
}  // namespace automodel::ops
