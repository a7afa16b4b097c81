#include "ops/row_sums.h"

#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

/// Pair by pair, in float64.
Tensor exact_sums(const Tensor& rows_pd, const GroupCounts& counts_g, const Tensor& weights_p) {
  std::vector<Tensor> out;
  std::int64_t p = 0;
  for (const auto count : counts_g) {
    Tensor sum = at::zeros({rows_pd.size(1)}, at::kDouble);
    for (const auto end = p + count; p < end; ++p) {
      sum = sum + rows_pd[p].to(at::kDouble) * weights_p[p].to(at::kDouble);
    }
    out.push_back(sum);
  }
  return at::stack(out);
}

/// Sums of at most 5 terms, rounded once to the dtype.
TEST(RowSums, EqualTheLoopOverPairs) {
  const Tensor index_p = at::tensor({3, 0, 3, 1, 2, 2}, at::kLong), weights_p = at::randn({6});
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const Tensor x = at::randn({4, 7}).to(dtype);
    for (const GroupCounts& counts : {GroupCounts{2, 2, 2}, GroupCounts{0, 5, 1}}) {
      const Rows rows{x, index_p};
      const Tensor exact = exact_sums(x.index_select(0, index_p), counts, weights_p);
      const double tolerance = dtype == at::kBFloat16 ? 4e-3 : 1e-6;
      const Tensor ours = grouped_row_sums(rows, counts, weights_p);
      EXPECT_EQ(ours.scalar_type(), dtype);
      EXPECT_LE(relative_error(ours, exact), tolerance);
      EXPECT_LE(relative_error(grouped_row_sums_reference(rows, counts, weights_p), exact),
                tolerance);
    }
  }
}

TEST(RowSums, WithoutNumbersAndWeightsSumRowsInTheirOrder) {
  const Tensor x = at::randn({6, 20});
  const Tensor expected = at::stack({x.narrow(0, 0, 4).sum(0), x.narrow(0, 4, 2).sum(0)});
  EXPECT_LE(relative_error(grouped_row_sums({x, {}}, {4, 2}), expected), 1e-6);
  EXPECT_LE(relative_error(grouped_row_sums_reference({x, {}}, {4, 2}), expected), 1e-6);
}

TEST(RowSums, OfNothing) {
  const Rows none{at::empty({0, 3}), at::empty({0}, at::kLong)};
  for (const auto& sums : {grouped_row_sums, grouped_row_sums_reference}) {
    EXPECT_EQ(sums(none, {}, {}).sizes(), (at::IntArrayRef{0, 3}));
    EXPECT_TRUE(sums(none, {0, 0}, {}).equal(at::zeros({2, 3})));
  }
}

}  // namespace
}  // namespace automodel::ops
