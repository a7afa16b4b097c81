#include "ops/cross_entropy.h"

#include "base/error.h"
#include "ops/cpu/dispatch.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

Tensor some_labels() { return at::tensor({3, -100, 0, 16, -100, 5, 7}, at::kLong); }

/// A head, what the loss has beside, and the type of all tensors; float64 goes to the reference.
struct LossCase {
  double scale = 1;
  std::optional<double> cap;
  bool biased = false;
  LossTerms terms = {};
  at::ScalarType dtype = at::kFloat;
};

Tensor plain_loss(const Inputs& in, const Tensor& labels, const LossCase& c) {
  Tensor z = in[0].mm(in[1].t());
  z = (c.biased ? z + in[2] : z) * c.scale;
  z = c.cap ? at::tanh(z / *c.cap) * *c.cap : z;
  const Tensor squares = z.logsumexp(1).square().masked_fill(labels.eq(kIgnoreIndex), 0);
  return at::cross_entropy_loss(z, labels, {}, at::Reduction::Sum, kIgnoreIndex,
                                c.terms.label_smoothing) +
         squares.sum() * c.terms.z_loss;
}

void expect_plain_loss(const LossCase& c) {
  const Tensor labels = some_labels();
  Inputs inputs = {random_tensor({7, 8}).to(c.dtype), random_tensor({17, 8}).to(c.dtype)};
  if (c.biased) {
    inputs.push_back(random_tensor({17}).to(c.dtype));
  }
  expect_same(
      [&](const Inputs& in) {
        const Head head{in[1], c.biased ? in[2] : Tensor(), c.scale, c.cap};
        return linear_cross_entropy(in[0], head, labels,
                                    {.weight = 0.2, .chunk_rows = 2, .terms = c.terms});
      },
      [&](const Inputs& in) { return (plain_loss(in, labels, c) * 0.2).to(at::kFloat); }, inputs);
}

TEST(CrossEntropy, EqualsThePlainLossAcrossChunks) {
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    for (const LossTerms& terms :
         {LossTerms{}, {.label_smoothing = 0.2}, {.z_loss = 0.05}, {0.2, 0.05}}) {
      expect_plain_loss({.terms = terms, .dtype = dtype});
      expect_plain_loss({.cap = 1.5, .terms = terms, .dtype = dtype});
      expect_plain_loss({.scale = 0.3, .biased = true, .terms = terms, .dtype = dtype});
      expect_plain_loss({.scale = 0.3, .cap = 1.5, .biased = true, .terms = terms, .dtype = dtype});
    }
  }
}

/// Of many chunks whose parts point one way: in bfloat16 a sum of equal parts stops at 256 of them.
TEST(CrossEntropy, ManyChunksAreNotLostInBfloat16) {
  const auto gradients = [](at::ScalarType dtype) {
    const Tensor hidden = at::full({900, 8}, 0.5, dtype), labels = at::zeros({900}, at::kLong);
    const Tensor weight = at::zeros({17, 8}, dtype).requires_grad_(true);
    const Tensor bias = at::zeros({17}, dtype).requires_grad_(true);
    linear_cross_entropy(hidden, {weight, bias}, labels, {.chunk_rows = 1}).backward();
    EXPECT_EQ(weight.grad().scalar_type(), dtype);
    return std::pair(weight.grad().to(at::kFloat), bias.grad().to(at::kFloat));
  };
  const auto [weight, bias] = gradients(at::kFloat);
  const auto [narrow_weight, narrow_bias] = gradients(at::kBFloat16);
  EXPECT_TRUE(at::allclose(narrow_weight, weight, 0x1p-6));
  EXPECT_TRUE(at::allclose(narrow_bias, bias, 0x1p-6));
}

TEST(CrossEntropy, TheNumberOfThreadsChangesNoByte) {
  if (cpu::kernels() == nullptr) {
    GTEST_SKIP() << "no own kernels in this run";
  }
  const Inputs inputs = {random_tensor({70, 8}), random_tensor({1003, 8})};
  const Tensor labels = at::arange(70, at::kLong);
  expect_same_with_any_threads([&] {
    return value_and_gradients(
        [&](const Inputs& in) {
          return linear_cross_entropy(in[0], {in[1]}, labels,
                                      {.chunk_rows = 32, .terms = {0.1, 0.01}});
        },
        inputs);
  });
}

Head adapted_head(const Inputs& in) {
  return {.weight_vd = in[1],
          .scale = 0.5,
          .adapter = Adapter{.a_ri = in[2], .b_or = in[3], .scale = 2}};
}

TEST(CrossEntropy, TheHeadMayHaveAnAdapter) {
  const Tensor labels = some_labels();
  const Inputs inputs = {random_tensor({7, 8}), random_tensor({17, 8}), random_tensor({2, 8}),
                         random_tensor({17, 2})};
  expect_same(
      [&](const Inputs& in) {
        return linear_cross_entropy(in[0], adapted_head(in), labels, {.chunk_rows = 2});
      },
      [&](const Inputs& in) {
        const Head merged{.weight_vd = in[1] + 2 * in[3].mm(in[2]), .scale = 0.5};
        return linear_cross_entropy(in[0], merged, labels, {.chunk_rows = 2});
      },
      inputs);
  EXPECT_TRUE(at::allclose(logits(inputs[0], adapted_head(inputs)),
                           0.5 * inputs[0].mm((inputs[1] + 2 * inputs[3].mm(inputs[2])).t()), 1e-4,
                           1e-5));
}

TEST(CrossEntropy, WithoutLabelsIsZeroWithZeroGradients) {
  const Tensor labels = at::full({4}, kIgnoreIndex, at::kLong);
  const auto out = value_and_gradients(
      [&](const Inputs& in) { return linear_cross_entropy(in[0], {in[1]}, labels, {}); },
      {random_tensor({4, 8}), random_tensor({17, 8})});
  for (const Tensor& value : out) {
    EXPECT_EQ(value.abs().sum().item<double>(), 0);
  }
}

TEST(CrossEntropy, ScoresRowsInOrder) {
  const Tensor hidden = random_tensor({7, 8});
  const Tensor weight = random_tensor({17, 8});
  const auto scores = score_rows(hidden, {weight}, some_labels(), {.chunk_rows = 2});
  const Tensor log_p = at::log_softmax(hidden.mm(weight.t()), -1);
  ASSERT_EQ(scores.nll_n.numel(), 5);
  EXPECT_NEAR(scores.nll_n[2].item<double>(), -log_p[3][16].item<double>(), 1e-4);
  EXPECT_EQ(scores.correct_n[3].item<bool>(), log_p[5].argmax().item<std::int64_t>() == 5);
  const auto plain =
      score_rows(hidden, {weight}, some_labels(), {.chunk_rows = 2, .terms = {0.5, 1}});
  EXPECT_TRUE(plain.nll_n.equal(scores.nll_n)) << "of validation";
}

TEST(CrossEntropy, LogitsAreFloat32AndCapped) {
  const Tensor z = logits(random_tensor({3, 8}).to(at::kBFloat16),
                          {.weight_vd = random_tensor({5, 8}), .softcap = 0.5});
  EXPECT_EQ(z.scalar_type(), at::kFloat);
  EXPECT_LE(z.abs().max().item<double>(), 0.5);
}

TEST(CrossEntropy, RefusesALabelOutsideTheVocabulary) {
  const Tensor labels = at::tensor({17, -100}, at::kLong);
  EXPECT_THROW(linear_cross_entropy(random_tensor({2, 8}), {random_tensor({17, 8})}, labels, {}),
               Error);
  EXPECT_THROW(score_rows(random_tensor({2, 8}), {random_tensor({17, 8})}, labels, {}), Error);
}

}  // namespace
}  // namespace automodel::ops
