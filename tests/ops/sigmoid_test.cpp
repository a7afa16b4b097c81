#include "ops/sigmoid.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace automodel::ops {
namespace {

using Gate = Tensor (*)(const Tensor&);

struct Result {
  Tensor y, grad;
};

/// Of 90,134 entries, which no number of threads shares out in whole registers.
Result run(Gate gate, at::ScalarType dtype) {
  at::manual_seed(3);
  const Tensor whole = (at::randn({8194, 11}) * 8).to(dtype).requires_grad_(true);
  const Tensor y = gate(whole);
  y.backward(at::randn(y.sizes()).to(dtype));
  return {y.detach(), whole.grad()};
}

class GateTest : public ::testing::TestWithParam<at::ScalarType> {
 protected:
  ~GateTest() override { at::set_num_threads(before_); }

  void expect_as(Gate gate, Gate reference) const {
    at::set_num_threads(1);
    const Result expected = run(reference, GetParam());
    const Result one = run(gate, GetParam());
    const double rounding = GetParam() == at::kFloat ? 1e-6 : 0x1p-7;
    EXPECT_TRUE(at::allclose(one.y, expected.y, rounding, rounding));
    EXPECT_TRUE(at::allclose(one.grad, expected.grad, rounding, rounding));
    for (const int threads : {2, 3}) {
      at::set_num_threads(threads);
      const Result more = run(gate, GetParam());
      EXPECT_TRUE(at::equal(more.y, one.y)) << threads;
      EXPECT_TRUE(at::equal(more.grad, one.grad)) << threads;
    }
  }

  int before_ = at::get_num_threads();
};

TEST_P(GateTest, SigmoidIsTorchsWithAnyNumberOfThreads) {
  expect_as(sigmoid_of, [](const Tensor& x) { return at::sigmoid(x); });
}

TEST_P(GateTest, SoftplusIsTorchsWithAnyNumberOfThreads) {
  expect_as(softplus_of, [](const Tensor& x) { return at::softplus(x); });
}

INSTANTIATE_TEST_SUITE_P(Types, GateTest, ::testing::Values(at::kFloat, at::kBFloat16));

}  // namespace
}  // namespace automodel::ops
