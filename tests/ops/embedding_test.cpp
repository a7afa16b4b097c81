#include "ops/embedding.h"

#include "base/error.h"
#include "ops/row_gradient.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

TEST(Embedding, LooksUpScalesAndLearns) {
  const Tensor ids = at::tensor({2, 0, 2}, at::kLong);
  expect_same([&](const Inputs& in) { return embedding(ids, in[0], 3, std::nullopt, at::kFloat); },
              [&](const Inputs& in) { return in[0].index_select(0, ids) * 3; },
              {random_tensor({4, 8})});
}

TEST(Embedding, PaddingRowGetsNoGradient) {
  const Tensor ids = at::tensor({0, 1}, at::kLong);
  const auto out =
      value_and_gradients([&](const Inputs& in) { return embedding(ids, in[0], 1, 0, at::kFloat); },
                          {random_tensor({3, 8})});
  EXPECT_EQ(out[1][0].abs().sum().item<double>(), 0);
  EXPECT_GT(out[1][1].abs().sum().item<double>(), 0);
}

/// A sum in bfloat16 would stop growing at 256 times its terms.
TEST(Embedding, ACommonTokensGradientIsRoundedOnce) {
  const Tensor ids = at::cat({at::full({4096}, 2), at::tensor({0, 1, 1}, at::kLong)});
  const Tensor rows = random_tensor({ids.size(0), 8}).to(at::kBFloat16);
  const Tensor weight = at::zeros({4, 8}, at::kBFloat16).requires_grad_(true);
  for (const std::optional<std::int64_t> padding : {std::optional<std::int64_t>(), {1}}) {
    weight.mutable_grad().reset();
    (embedding(ids, weight, 1, padding, at::kBFloat16) * rows).sum().backward();
    Tensor expected = at::zeros({4, 8}).index_add_(0, ids, rows.to(at::kFloat)).to(at::kBFloat16);
    if (padding) {
      expected[1].zero_();
    }
    EXPECT_TRUE(at::allclose(weight.grad().to_dense(), expected, 0x1p-7, 1e-6));
  }
}

TEST(Embedding, TheGradientHasTheRowsOfTokensThatOccur) {
  const Tensor ids = at::tensor({7, 2, 7, 4}, at::kLong);
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const Tensor weight = at::zeros({9, 8}, dtype).requires_grad_(true);
    embedding(ids, weight, 1, std::nullopt, dtype).sum().backward();
    ASSERT_TRUE(weight.grad().is_sparse());
    const auto rows = rows_of(weight.grad());
    EXPECT_TRUE(rows.ids_n.equal(at::tensor({2, 4, 7}, at::kLong)));
    EXPECT_TRUE(rows.values_nd.select(1, 0).equal(at::tensor({1, 1, 2}).to(dtype)));
  }
}

/// Micro-batches add to what is there, in float32; a tied head's gradient comes before.
TEST(Embedding, GradientsAddToThoseThatAreThere) {
  const Tensor ids = at::tensor({3, 0, 3}, at::kLong);
  const Tensor weight = random_tensor({4, 8}).to(at::kBFloat16).requires_grad_(true);
  const Tensor step = at::full({4, 8}, 0x1p-10);
  weight.mutable_grad() = step.clone();
  const auto output = [&] { return embedding(ids, weight, 1, std::nullopt, at::kBFloat16); };
  output().sum().backward();
  const Tensor places = at::tensor({1, 0, 0, 2}, at::kFloat).unsqueeze(1);
  EXPECT_TRUE(weight.grad().equal(step + places));

  weight.mutable_grad().reset();
  at::matmul(output(), weight.detach().t()).sum().backward();
  const Tensor of_embedding = weight.grad().to_dense();
  weight.mutable_grad().reset();
  at::matmul(output().detach(), weight.t()).sum().backward();
  const Tensor of_head = weight.grad().clone();
  weight.mutable_grad().reset();
  at::matmul(output(), weight.t()).sum().backward();
  EXPECT_FALSE(weight.grad().is_sparse());
  EXPECT_TRUE(weight.grad().equal(of_embedding + of_head));
}

TEST(Embedding, RefusesIdsOutsideTheVocabulary) {
  const Tensor weight = random_tensor({3, 8});
  EXPECT_THROW(embedding(at::tensor({3}, at::kLong), weight, 1, {}, at::kFloat), Error);
  EXPECT_THROW(embedding(at::tensor({-1}, at::kLong), weight, 1, {}, at::kFloat), Error);
}

}  // namespace
}  // namespace automodel::ops
