#include "ops/grouped_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace automodel::ops {
namespace {

TEST(GroupedRows, AreThoseOfTheIndexOrTheMatrixItself) {
  const Tensor matrix = at::randn({5, 3}), index = at::tensor({4, 0, 4}, at::kLong);
  EXPECT_EQ(num_pairs({matrix, {}}), 5);
  EXPECT_EQ(num_pairs({matrix, index}), 3);
  EXPECT_TRUE(at::equal(rows_of({matrix, {}}, 1, 2), matrix.narrow(0, 1, 2)));
  EXPECT_TRUE(at::equal(rows_of({matrix, index}, 1, 2), at::stack({matrix[0], matrix[4]})));
}

TEST(GroupedRows, EveryGroupHasItsPairsTheEmptyOnesToo) {
  std::vector<std::int64_t> seen;
  for_each_group({2, 0, 3}, [&](std::int64_t e, std::int64_t begin, std::int64_t count) {
    seen.insert(seen.end(), {e, begin, count});
  });
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 0, 2, 1, 2, 0, 2, 2, 3}));
}

TEST(GroupedRows, ProductsHaveTheShapesOfTheirGroups) {
  const Tensor left = at::randn({5, 3}), right = at::randn({4, 7});
  const Tensor index = at::tensor({1, 1, 0, 3, 2}, at::kLong);
  const auto products = outer_products({{left, {}}, {right, index}, {2, 0, 3}});
  ASSERT_EQ(products.size(), 3);
  for (std::size_t e = 0; const std::int64_t pairs : {2, 0, 3}) {
    EXPECT_EQ(products[e].rows, 3);
    EXPECT_EQ(products[e].columns, 7);
    EXPECT_EQ(products[e++].inner, pairs);
  }
  EXPECT_EQ(products[2].a.data, left[2].const_data_ptr());
  EXPECT_EQ(products[2].b.rows, index.const_data_ptr<std::int64_t>() + 2);
}

}  // namespace
}  // namespace automodel::ops
