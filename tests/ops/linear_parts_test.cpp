#include "ops/linear_parts.h"

#include "tests/ops/gradient_check.h"

namespace automodel::ops {
namespace {

TEST(LinearParts, ComputesOnlyTheGradientsAskedFor) {
  const LinearParts parts{
      random_tensor({3, 8}), random_tensor({3}), random_tensor({2, 8}), random_tensor({3, 2}), {}};
  const Tensor grad = random_tensor({4, 3});
  const auto only_x = parts.backward(grad, Tensor(), Tensor(), {true, false, false, false});
  EXPECT_TRUE(only_x.x_ti.defined());
  EXPECT_FALSE(only_x.weight_oi.defined() || only_x.bias_o.defined() || only_x.a_ri.defined());
  const Tensor x = random_tensor({4, 8});
  const auto only_adapter =
      parts.backward(grad, x, parts.forward(x).low_rt, {false, false, false, true});
  EXPECT_TRUE(only_adapter.a_ri.defined() && only_adapter.b_or.defined());
  EXPECT_FALSE(only_adapter.x_ti.defined());
}

TEST(LinearParts, NeedsTheInputOnlyForTrainedWeights) {
  LinearParts parts{random_tensor({3, 8}), Tensor(), Tensor(), Tensor(), {}};
  EXPECT_FALSE(parts.needs_input());
  parts.weight_oi.requires_grad_(true);
  EXPECT_TRUE(parts.needs_input());
}

}  // namespace
}  // namespace automodel::ops
