#include "ops/gates.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace automodel::ops {
namespace {

using Gate = Tensor (*)(const Tensor&);

struct Result {
  Tensor y, grad;
};

/// Of 90,118 entries, which no number of threads shares out in whole registers, nor a row.
Result run(Gate gate, at::ScalarType dtype) {
  at::manual_seed(3);
  const Tensor whole = (at::randn({2198, 41}) * 8).to(dtype).requires_grad_(true);
  const Tensor y = gate(whole);
  y.backward(at::randn(y.sizes()).to(dtype));
  return {y.detach(), whole.grad()};
}

class Gates : public ::testing::Test {
 protected:
  ~Gates() override { at::set_num_threads(before_); }

  static void expect_as(Gate gate, Gate reference, at::ScalarType dtype) {
    at::set_num_threads(1);
    const Result expected = run(reference, dtype);
    const Result one = run(gate, dtype);
    const double rounding = dtype == at::kFloat ? 1e-6 : 0x1p-7;
    EXPECT_TRUE(at::allclose(one.y, expected.y, rounding, rounding));
    EXPECT_TRUE(at::allclose(one.grad, expected.grad, rounding, rounding));
    for (const int threads : {2, 3}) {
      at::set_num_threads(threads);
      const Result more = run(gate, dtype);
      EXPECT_TRUE(at::equal(more.y, one.y)) << threads;
      EXPECT_TRUE(at::equal(more.grad, one.grad)) << threads;
    }
  }

  int before_ = at::get_num_threads();
};

class GatesOfType : public Gates, public ::testing::WithParamInterface<at::ScalarType> {};

TEST_P(GatesOfType, SigmoidIsTorchsWithAnyNumberOfThreads) {
  expect_as(sigmoid_of, [](const Tensor& x) { return at::sigmoid(x); }, GetParam());
}

TEST_P(GatesOfType, SoftplusIsTorchsWithAnyNumberOfThreads) {
  expect_as(softplus_of, [](const Tensor& x) { return at::softplus(x); }, GetParam());
}

TEST_F(Gates, SoftmaxIsTorchsWithAnyNumberOfThreads) {
  expect_as(softmax_of, [](const Tensor& x) { return at::softmax(x, -1); }, at::kFloat);
}

INSTANTIATE_TEST_SUITE_P(Types, GatesOfType, ::testing::Values(at::kFloat, at::kBFloat16));

}  // namespace
}  // namespace automodel::ops
