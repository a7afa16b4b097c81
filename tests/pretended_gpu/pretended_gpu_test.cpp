#include <gtest/gtest.h>
#include <torch/torch.h>

#include "pretended_gpu/memory.h"

namespace automodel::testing {
namespace {

const at::TensorOptions on_gpu = at::TensorOptions(c10::kCUDA).dtype(at::kFloat);

TEST(PretendedGpu, IsLibTorchsOnlyOne) {
  EXPECT_TRUE(torch::cuda::is_available());
  EXPECT_EQ(torch::cuda::device_count(), 1);
}

TEST(PretendedGpu, KillsWhoReadsItsMemory) {
  const at::Tensor x = at::ones({4}, on_gpu);
  EXPECT_DEATH(static_cast<void>(*const_cast<const volatile float*>(x.const_data_ptr<float>())),
               "");
  EXPECT_EQ(x.cpu().const_data_ptr<float>()[3], 1);
}

TEST(PretendedGpu, RefusesTheHostsTensors) {
  const at::Tensor x = at::ones({4}, on_gpu), y = at::ones({4});
  EXPECT_THROW(at::add(x, y), c10::Error);
  EXPECT_THROW(at::mm(x.view({2, 2}), y.view({2, 2})), c10::Error);
  EXPECT_THROW(y.index({at::zeros({1}, on_gpu.dtype(at::kLong))}), c10::Error);
  EXPECT_EQ(at::add(x, at::scalar_tensor(2)).sum().item<float>(), 12);
  EXPECT_EQ(x.index({at::zeros({1}, at::kLong)}).item<float>(), 1);
}

TEST(PretendedGpu, GivesMemoryThatIsNoNumber) {
  EXPECT_TRUE(at::empty({1000}, on_gpu).isnan().all().item<bool>());
}

TEST(PretendedGpu, ViewsAreOfTheSameMemory) {
  const at::Tensor x = at::arange(12, on_gpu).view({3, 4});
  x.t().select(0, 1).slice(0, 1).mul_(10);
  EXPECT_TRUE(x.cpu().equal(
      at::tensor({0.F, 1.F, 2.F, 3.F, 4.F, 50.F, 6.F, 7.F, 8.F, 90.F, 10.F, 11.F}).view({3, 4})));
}

TEST(PretendedGpu, GrowsWhatIsResized) {
  const at::Tensor x = at::ones({2}, on_gpu);
  x.resize_({1000}).narrow(0, 2, 998).fill_(3);
  EXPECT_EQ(x.sum().item<float>(), 2 + 3 * 998);
  const at::Tensor y = at::empty({0}, on_gpu);
  at::add_out(const_cast<at::Tensor&>(y), x, x);
  EXPECT_EQ(y.sum().item<float>(), 2 * (2 + 3 * 998));
}

TEST(PretendedGpu, ComputesGradients) {
  const at::Tensor x = at::randn({5, 3}).to(on_gpu).requires_grad_(),
                   w = at::randn({3, 3}).to(on_gpu);
  at::softmax(x.matmul(w), 1).pow(2).sum().backward();
  const at::Tensor x2 = x.detach().cpu().requires_grad_();
  at::softmax(x2.matmul(w.cpu()), 1).pow(2).sum().backward();
  EXPECT_TRUE(x.grad().is_cuda() && x.grad().cpu().equal(x2.grad()));
}

TEST(PretendedGpu, CountsItsMemory) {
  const std::int64_t before = allocated_bytes();
  {
    const at::Tensor x = at::empty({1 << 20}, on_gpu);
    EXPECT_EQ(allocated_bytes() - before, 4 << 20);
  }
  EXPECT_EQ(allocated_bytes(), before);
  EXPECT_GE(peak_bytes(), before + (4 << 20));
  reset_peak();
  EXPECT_EQ(peak_bytes(), before);
}

}  // namespace
}  // namespace automodel::testing
