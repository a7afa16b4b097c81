#include "ops/embedding.h"

#include "base/error.h"
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

TEST(Embedding, RefusesIdsOutsideTheVocabulary) {
  const Tensor weight = random_tensor({3, 8});
  EXPECT_THROW(embedding(at::tensor({3}, at::kLong), weight, 1, {}, at::kFloat), Error);
  EXPECT_THROW(embedding(at::tensor({-1}, at::kLong), weight, 1, {}, at::kFloat), Error);
}

}  // namespace
}  // namespace automodel::ops
