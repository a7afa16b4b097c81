#include "ops/row_gradient.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace automodel::ops {
namespace {

TEST(RowGradient, IsTheWholeOneWithoutItsZeros) {
  const GradientRows rows{at::tensor({1, 4}, at::kLong), at::randn({2, 3})};
  const Tensor gradient = gradient_of(rows, 6);
  EXPECT_TRUE(
      gradient.to_dense().equal(at::zeros({6, 3}).index_copy(0, rows.ids_n, rows.values_nd)));
  const auto [ids_n, values_nd] = rows_of(gradient);
  EXPECT_TRUE(ids_n.equal(rows.ids_n));
  EXPECT_EQ(values_nd.data_ptr(), rows.values_nd.data_ptr());
}

TEST(RowGradient, SumsRowsThatComeTwice) {
  const Tensor values = at::arange(6, at::kFloat).view({3, 2});
  const Tensor twice =
      at::sparse_coo_tensor(at::tensor({4, 1, 4}, at::kLong).unsqueeze(0), values, {6, 2});
  const auto [ids_n, values_nd] = rows_of(twice);
  EXPECT_TRUE(ids_n.equal(at::tensor({1, 4}, at::kLong)));
  EXPECT_TRUE(values_nd.equal(at::tensor({2, 3, 4, 6}).to(at::kFloat).view({2, 2})));
}

TEST(RowGradient, MayHaveNoRows) {
  const auto none = gradient_of({at::empty({0}, at::kLong), at::empty({0, 3})}, 6);
  EXPECT_EQ(rows_of(none).ids_n.numel(), 0);
  EXPECT_TRUE(none.to_dense().equal(at::zeros({6, 3})));
}

}  // namespace
}  // namespace automodel::ops
