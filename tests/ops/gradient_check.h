#pragma once
// Compares an op's value and gradients with those of a plain formula that autograd traces.

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <vector>

namespace automodel::ops {

using at::Tensor;
using Inputs = std::vector<Tensor>;
using Formula = std::function<Tensor(const Inputs&)>;

inline Tensor random_tensor(at::IntArrayRef sizes) { return at::randn(sizes, at::kFloat); }

/// Largest difference relative to the reference's largest entry.
inline double relative_error(const Tensor& ours, const Tensor& reference) {
  const double largest = reference.abs().max().item<double>();
  return (ours - reference).abs().max().item<double>() / std::max(largest, 1e-30);
}

/// Value and the gradient of every input, for a random direction of the output's gradient.
inline std::vector<Tensor> value_and_gradients(const Formula& formula, const Inputs& inputs) {
  Inputs leaves;
  for (const Tensor& input : inputs) {
    leaves.push_back(input.detach().clone().requires_grad_(true));
  }
  const Tensor y = formula(leaves);
  const Tensor direction = at::linspace(-1, 1, y.numel(), at::kFloat).sin().view_as(y);
  std::vector<Tensor> out = {y.detach()};
  for (const Tensor& grad : torch::autograd::grad({y}, leaves, {direction})) {
    out.push_back(grad.to_dense());
  }
  return out;
}

/// run() gives the same bytes with one thread and with two to four.
inline void expect_same_with_any_threads(const std::function<std::vector<Tensor>()>& run) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = run();
  for (const int threads : {2, 3, 4}) {
    at::set_num_threads(threads);
    const auto several = run();
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_TRUE(one[i].equal(several[i])) << i << ", " << threads << " threads";
    }
  }
  at::set_num_threads(before);
}

/// Float32 with sums of at most a few hundred terms: 2e-5 is about 100 roundings.
inline void expect_same(const Formula& ours, const Formula& reference, const Inputs& inputs,
                        double tolerance = 2e-5) {
  const auto a = value_and_gradients(ours, inputs);
  const auto b = value_and_gradients(reference, inputs);
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].sizes(), b[i].sizes());
    EXPECT_LE(relative_error(a[i], b[i]), tolerance)
        << (i == 0 ? "value" : "gradient of input ") << i;
  }
}

}  // namespace automodel::ops
