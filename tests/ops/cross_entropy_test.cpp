#include "ops/cross_entropy.h"

#include "base/error.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

Tensor some_labels() { return at::tensor({3, -100, 0, 16, -100, 5, 7}, at::kLong); }

void expect_plain_loss(double scale, std::optional<double> cap, bool biased) {
  const Tensor labels = some_labels();
  Inputs inputs = {random_tensor({7, 8}), random_tensor({17, 8})};
  if (biased) {
    inputs.push_back(random_tensor({17}));
  }
  expect_same(
      [&](const Inputs& in) {
        const Head head{in[1], biased ? in[2] : Tensor(), scale, cap};
        return linear_cross_entropy(in[0], head, labels, {.weight = 0.2, .chunk_rows = 2});
      },
      [&](const Inputs& in) {
        Tensor z = in[0].mm(in[1].t());
        z = (biased ? z + in[2] : z) * scale;
        z = cap ? at::tanh(z / *cap) * *cap : z;
        return at::nll_loss(at::log_softmax(z, -1), labels, {}, at::Reduction::Sum, -100) * 0.2;
      },
      inputs);
}

TEST(CrossEntropy, EqualsThePlainLossAcrossChunks) {
  expect_plain_loss(1, std::nullopt, false);
  expect_plain_loss(1, 1.5, false);
  expect_plain_loss(0.3, std::nullopt, true);
  expect_plain_loss(0.3, 1.5, true);
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
