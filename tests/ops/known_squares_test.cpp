#include "ops/known_squares.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "ops/matrix_product.h"
#include "ops/optimizer.h"

namespace automodel::ops {
namespace {

Tensor told(double sum) {
  Tensor x = at::ones({2, 3});
  set_known_squares(x, sum);
  return x;
}

TEST(KnownSquares, StayWithTheTensorAndWhatSharesItAsAWhole) {
  const Tensor x = told(7);
  EXPECT_EQ(known_squares(x), 7);
  EXPECT_EQ(known_squares(x.detach()), 7);
  set_known_squares(x, 8);
  EXPECT_EQ(known_squares(x), 8);
}

TEST(KnownSquares, AreForgottenWhenTheTensorChanges) {
  EXPECT_FALSE(known_squares(at::ones({3})).has_value());
  for (const auto& change : std::vector<std::function<void(const Tensor&)>>{
           [](const Tensor& x) { x.add_(1); }, [](const Tensor& x) { x.mul_(2); },
           [](const Tensor& x) { x[0].zero_(); }, [](const Tensor& x) { x.detach().fill_(2); },
           [](const Tensor& x) { x.copy_(at::zeros({2, 3})); }}) {
    const Tensor x = told(7);
    change(x);
    EXPECT_FALSE(known_squares(x).has_value());
  }
}

TEST(KnownSquares, OtherTensorsHaveNone) {
  const Tensor x = told(7);
  for (const Tensor& other : {x.clone(), x * 2, x.slice(0, 0, 1), x.view({6}), x.t(),
                              x.to(at::kBFloat16), at::cat({x, x})}) {
    EXPECT_FALSE(known_squares(other).has_value());
  }
}

struct Product : torch::autograd::Function<Product> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& weight,
                        const Tensor& rows) {
    context->save_for_backward({rows});
    return rows.mm(weight.t());
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads) {
    return {outer_product(grads[0].contiguous(), context->get_saved_variables()[0], at::kFloat),
            Tensor()};
  }
};

/// Autograd keeps what a backward gives, and forgets it where it adds.
TEST(KnownSquares, AreThoseOfAGradientThroughAutograd) {
  const Tensor rows = at::randn({20, 40});
  Tensor weight = at::randn({30, 40}).requires_grad_();
  const auto run = [&](int uses) {
    Tensor sum = Product::apply(weight, rows).square().sum();
    for (int i = 1; i < uses; ++i) {
      sum = sum + Product::apply(weight, rows).square().sum();
    }
    sum.backward();
  };
  const auto expect_norm = [&] {
    const double exact = weight.grad().to(at::kDouble).square().sum().item<double>();
    EXPECT_NEAR(sum_of_squares(std::array{weight.grad()}), exact, 1e-5 * exact);
  };
  run(1);
  const bool is_known = known_squares(weight.grad()).has_value();
  EXPECT_EQ(is_known, known_squares(outer_product(rows, rows, at::kFloat)).has_value());
  expect_norm();
  run(1);  // is added
  EXPECT_FALSE(known_squares(weight.grad()).has_value());
  expect_norm();
  weight.mutable_grad().reset();
  run(2);
  expect_norm();
}

}  // namespace
}  // namespace automodel::ops
