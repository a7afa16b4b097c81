#include "ops/grouped_product.h"

#include <torch/cuda.h>

#include <numeric>
#include <utility>

#include "ops/known_squares.h"
#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

const GroupCounts kCounts = {2, 0, 5, 1};
constexpr std::int64_t kPairs = 8;

/// Group by group, in float64.
Tensor expected_product(const Tensor& rows_pk, const Tensor& weight_ekn, const Tensor& bias_en,
                        const GroupCounts& counts = kCounts) {
  std::vector<Tensor> parts;
  std::int64_t begin = 0;
  for (std::size_t e = 0; e < counts.size(); ++e) {
    const auto group = static_cast<std::int64_t>(e);
    const Tensor own = rows_pk.narrow(0, begin, counts[e]).to(at::kDouble);
    parts.push_back(own.mm(weight_ekn[group].to(at::kDouble)) + bias_en[group].to(at::kDouble));
    begin += counts[e];
  }
  return at::cat(parts);
}

/// The rows of both that belong together.
std::vector<std::pair<Tensor, Tensor>> groups_of(const Tensor& a, const Tensor& b,
                                                 const GroupCounts& counts) {
  std::vector<std::pair<Tensor, Tensor>> out;
  std::int64_t begin = 0;
  for (const std::int64_t count : counts) {
    out.emplace_back(a.narrow(0, begin, count), b.narrow(0, begin, count));
    begin += count;
  }
  return out;
}

double tolerance(at::ScalarType dtype) { return dtype == at::kFloat ? 2e-6 : 8e-3; }

/// float64 is what no kernel takes: the loop over groups.
TEST(GroupedProduct, RowsGatheredOrNotByEveryWeightLayout) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const Tensor x = at::randn({6, 70}).to(dtype), bias = at::randn({4, 33}).to(dtype);
    const Tensor weight = at::randn({4, 70, 33}).to(dtype);
    const Tensor index = at::tensor({5, 0, 0, 3, 1, 2, 4, 5}, at::kLong);
    const Tensor rows = x.index_select(0, index);
    const Tensor expected = expected_product(rows, weight, bias);
    const Tensor turned = weight.transpose(1, 2).contiguous().transpose(1, 2);
    for (const Tensor& layout : {weight, turned}) {
      for (const Rows& given : {Rows{x, index}, Rows{rows, {}}}) {
        const Tensor y = grouped_product(given, kCounts, layout, bias);
        ASSERT_EQ(y.scalar_type(), dtype);
        EXPECT_LE(relative_error(y.to(at::kDouble), expected), tolerance(dtype));
      }
    }
  }
}

TEST(GroupedProduct, AWeightStoredInAnotherDtype) {
  const Tensor x = at::randn({kPairs, 70}), weight = at::randn({4, 70, 33}).to(at::kBFloat16);
  const Tensor expected = expected_product(x, weight, at::zeros({4, 33}));
  EXPECT_LE(relative_error(grouped_product({x, {}}, kCounts, weight).to(at::kDouble), expected),
            2e-6);
}

TEST(GroupedProduct, AddsToWhatIsThere) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const Tensor x = at::randn({kPairs, 3}).to(dtype), weight = at::randn({4, 3, 33}).to(dtype);
    const Tensor y = at::randn({kPairs, 33}).to(dtype);
    const Tensor product = expected_product(x, weight, at::zeros({4, 33}));
    const Tensor expected = y.to(at::kDouble) + product;
    add_grouped_product_(y, {x, {}}, kCounts, weight);
    EXPECT_LE(relative_error(y.to(at::kDouble), expected), tolerance(dtype));
  }
}

TEST(GroupedProduct, AddsASecondProduct) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const Tensor x = at::randn({kPairs, 40}).to(dtype), low = at::randn({kPairs, 3}).to(dtype);
    const Tensor weight = at::randn({4, 40, 33}).to(dtype), up = at::randn({4, 3, 33});
    const Tensor expected = expected_product(x, weight, at::zeros({4, 33})) +
                            expected_product(low, up.to(dtype), at::zeros({4, 33}));
    for (const Tensor& stored : {up, up.transpose(1, 2).contiguous().transpose(1, 2)}) {
      const Tensor y = grouped_product({x, {}}, kCounts, weight, {}, {low, stored});
      EXPECT_LE(relative_error(y.to(at::kDouble), expected), tolerance(dtype));
      const Tensor sum = at::ones_like(y);
      add_grouped_product_(sum, {x, {}}, kCounts, weight, {low, stored});
      EXPECT_LE(relative_error(sum.to(at::kDouble), expected + 1), tolerance(dtype));
    }
  }
}

TEST(GroupedProduct, OuterProductsSumOverTheirGroup) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kDouble}) {
    const Tensor g = at::randn({6, 21}).to(dtype), x = at::randn({kPairs, 34}).to(dtype);
    const Tensor index = at::tensor({5, 0, 0, 3, 1, 2, 4, 5}, at::kLong);
    const Tensor rows = g.index_select(0, index).to(at::kDouble);
    const Tensor y = grouped_outer_product({{g, index}, {x, {}}, kCounts}, at::kFloat);
    ASSERT_EQ(y.sizes(), at::IntArrayRef({4, 21, 34}));
    const double squares = y.to(at::kDouble).square().sum().item<double>();
    EXPECT_NEAR(known_squares(y).value_or(squares), squares, 1e-5 * squares);
    for (std::int64_t e = 0; const auto& [left, right] : groups_of(rows, x, kCounts)) {
      const Tensor expected = left.t().mm(right.to(at::kDouble));
      const Tensor own = y[e].to(at::kDouble);
      EXPECT_LE((own - expected).abs().max().item<double>(), 20 * tolerance(dtype)) << e;
      ++e;
    }
  }
}

/// So many groups that each is one task but for the last ones; one has more rows than a task takes.
TEST(GroupedProduct, ManyGroupsOfAnySizeGiveTheSameOnAnyNumberOfThreads) {
  const GroupCounts counts = {0, 1, 9, 300, 9, 9, 130, 9, 2, 9, 60, 9, 9,   9, 9,
                              9, 9, 9, 9,   9, 9, 9,   9, 9, 9, 14, 9, 250, 0, 9};
  const auto groups = static_cast<std::int64_t>(counts.size());
  const auto pairs = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    for (const std::int64_t width : {8, 70, 320}) {
      const Tensor x = at::randn({pairs, 70}).to(dtype), low = at::randn({pairs, 3}).to(dtype);
      const Tensor weight = at::randn({groups, width, 70}).to(dtype).transpose(1, 2);
      const Tensor up = at::randn({groups, 3, width}).to(dtype);
      const Tensor dy = at::randn({pairs, width}).to(dtype), none = at::zeros({groups, width});
      const auto product = [&] { return grouped_product({x, {}}, counts, weight, {}, {low, up}); };
      const auto outer = [&] { return grouped_outer_product({{x, {}}, {dy, {}}, counts}, dtype); };
      const Tensor expected =
          expected_product(x, weight, none, counts) + expected_product(low, up, none, counts);
      EXPECT_LE(relative_error(product().to(at::kDouble), expected), tolerance(dtype)) << width;
      std::vector<Tensor> sums;
      for (const auto& [rows, others] : groups_of(x, dy, counts)) {
        sums.push_back(rows.to(at::kDouble).t().mm(others.to(at::kDouble)));
      }
      EXPECT_LE(relative_error(outer().to(at::kDouble), at::stack(sums)), tolerance(dtype));
      expect_same_with_any_threads([&]() -> std::vector<Tensor> {
        const Tensor sum = outer();
        const auto squares = known_squares(sum);
        return {product(), sum, at::scalar_tensor(squares.value_or(0), at::kDouble)};
      });
    }
  }
}

/// There LibTorch's grouped product takes widths of whole 16 bytes, and the loop the others.
TEST(GroupedProduct, OnAGpuAsOnTheCpu) {
  if (!torch::cuda::is_available()) {
    GTEST_SKIP() << "there is no GPU";
  }
  for (const std::int64_t width : {48, 33}) {
    const Tensor x = at::randn({6, 64}).to(at::kBFloat16),
                 g = at::randn({6, width}).to(at::kBFloat16);
    const Tensor weight = at::randn({4, 64, width}).to(at::kBFloat16);
    const Tensor bias = at::randn({4, width}).to(at::kBFloat16);
    const Tensor index = at::tensor({5, 0, 0, 3, 1, 2, 4, 5}, at::kLong);
    const auto on_gpu = [](const Tensor& tensor) { return tensor.to(at::kCUDA); };
    const Rows rows{on_gpu(x), on_gpu(index)};
    const auto expect_equal = [](const Tensor& got, const Tensor& expected) {
      EXPECT_LE(relative_error(got.cpu().to(at::kDouble), expected.to(at::kDouble)), 8e-3);
    };
    const Tensor y = grouped_product({x, index}, kCounts, weight, bias);
    expect_equal(grouped_product(rows, kCounts, on_gpu(weight), on_gpu(bias)), y);
    const Tensor sum = on_gpu(y);
    add_grouped_product_(y, {x, index}, kCounts, weight);
    add_grouped_product_(sum, rows, kCounts, on_gpu(weight));
    expect_equal(sum, y);
    expect_equal(
        grouped_outer_product({rows, {on_gpu(g.index_select(0, index)), {}}, kCounts}, at::kFloat),
        grouped_outer_product({{x, index}, {g.index_select(0, index), {}}, kCounts}, at::kFloat));
  }
}

}  // namespace
}  // namespace automodel::ops
