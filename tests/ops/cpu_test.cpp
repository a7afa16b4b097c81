// What the kernels' callers share: operands, several products at once.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "ops/cpu/dispatch.h"
#include "ops/cpu/gemm.h"
#include "ops/cpu/operands.h"
#include "tests/ops/own_sets.h"

namespace automodel::ops::cpu {
namespace {

Operand matrix(const at::Tensor& x) {
  return {.data = x.const_data_ptr(), .stride = x.stride(0), .inner_contiguous = true};
}

/// As experts need it: rows gathered from one matrix, some products without rows.
TEST(Gemm, SeveralProductsOfGatheredRows) {
  const at::Tensor x = at::randn({50, 300}), w = at::randn({4, 70, 300});
  const at::Tensor rows = at::tensor({3, 3, 49, 0, 17, 8, 30}, at::kLong);
  const std::vector<std::int64_t> bounds = {0, 2, 2, 6, 7};
  for (const auto& [name, kernels] : own_sets()) {
    const at::Tensor y = at::full({7, 70}, -1.0F);
    std::vector<Product> products;
    for (std::size_t e = 0; e < 4; ++e) {
      auto a = matrix(x);
      a.rows = rows.const_data_ptr<std::int64_t>() + bounds[e];
      products.push_back(
          {.a = a,
           .b = matrix(w[static_cast<std::int64_t>(e)]),
           .out = {.data = y.mutable_data_ptr<float>() + bounds[e] * 70, .stride = 70},
           .rows = bounds[e + 1] - bounds[e],
           .columns = 70,
           .inner = 300});
    }
    gemm(kernels->gemm, products);
    for (std::size_t e = 0; e < 4; ++e) {
      const at::Tensor own = rows.slice(0, bounds[e], bounds[e + 1]);
      const at::Tensor expected = x.index_select(0, own).mm(w[static_cast<std::int64_t>(e)].t());
      EXPECT_TRUE(at::allclose(y.slice(0, bounds[e], bounds[e + 1]), expected, 1e-4, 1e-4))
          << name << " " << e;
    }
  }
}

/// As gradients of experts need it: the rows of both factors gathered, summed over.
TEST(Gemm, SumsOverGatheredRows) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const at::Tensor x = at::randn({50, 37}).to(dtype), g = at::randn({50, 70}).to(dtype);
    const at::Tensor rows = at::tensor({3, 3, 49, 0, 17, 8, 30}, at::kLong);
    const at::Tensor expected =
        g.index_select(0, rows).to(at::kFloat).t().mm(x.index_select(0, rows).to(at::kFloat));
    for (const auto& [name, kernels] : own_sets()) {
      Operand a = operand_of(g.t()), b = operand_of(x.t());
      a.rows = b.rows = rows.const_data_ptr<std::int64_t>();
      const at::Tensor y = at::empty({70, 37});
      const Product product{
          .a = a, .b = b, .out = output_of(y), .rows = 70, .columns = 37, .inner = 7};
      gemm(kernels->gemm, {&product, 1});
      EXPECT_TRUE(at::allclose(y, expected, 1e-4, 1e-4)) << name;
    }
  }
}

std::atomic<std::int64_t> tiles_off_lines;

/// Loads that cross cache lines take a fifth more time.
TEST(Gemm, EveryWorkersPanelsBeginAtALine) {
  const at::Tensor a = at::randn({90, 500}), b = at::randn({1200, 500}), y = at::empty({90, 1200});
  for (const auto& [name, kernels] : own_sets()) {
    GemmKernels watched = kernels->gemm;
    watched.tile = [](const TileTask& task) {
      const auto off = [](const float* p) { return reinterpret_cast<std::uintptr_t>(p) % 64 != 0; };
      tiles_off_lines += off(task.term.a) || off(task.term.b) || off(task.sums) ? 1 : 0;
    };
    const Product product{.a = matrix(a),
                          .b = matrix(b),
                          .out = output_of(y),
                          .rows = 90,
                          .columns = 1200,
                          .inner = 500};
    gemm(watched, {&product, 1});
    EXPECT_EQ(tiles_off_lines, 0) << name;
  }
}

TEST(Operands, ReadEitherDimensionAndCopyTheRest) {
  const at::Tensor x = at::ones({4, 6});
  EXPECT_TRUE(operand_of(x).inner_contiguous);
  EXPECT_FALSE(operand_of(x.t()).inner_contiguous);
  EXPECT_EQ(with_contiguous_dimension(x.t()).data_ptr(), x.data_ptr());
  const at::Tensor strided = at::ones({4, 6, 2}).select(2, 0);
  EXPECT_NE(with_contiguous_dimension(strided).data_ptr(), strided.data_ptr());
  EXPECT_EQ(elements_of(at::Tensor()).data, nullptr);
  EXPECT_EQ(kernels_for(x, x), kernels());
  EXPECT_EQ(kernels_for(x, x.to(at::kDouble)), nullptr);
}

}  // namespace
}  // namespace automodel::ops::cpu
