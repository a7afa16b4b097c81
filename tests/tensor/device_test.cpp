#include "tensor/device.h"

#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "base/process.h"
#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

using testing::expect_error;

TEST(Device, AutoIsAGpuIfThereIsOne) {
  EXPECT_EQ(device_from_name("auto").is_cuda(), torch::cuda::is_available());
  EXPECT_EQ(num_gpus() > 0, torch::cuda::is_available());
  EXPECT_EQ(device_from_name("cpu"), c10::Device(c10::kCPU));
}

TEST(Device, OthersAreRefused) {
  for (const char* name : {"gpu", "", "cuda:x", "meta"}) {
    expect_error(ErrorKind::invalid_argument, "is not known; expected auto, cpu, cuda or cuda:N",
                 [&] { device_from_name(name); });
  }
  expect_error(ErrorKind::invalid_argument, "cuda:99 is not there",
               [] { device_from_name("cuda:99"); });
}

TEST(Device, MemoryOfTheCpuIsTheProcesss) {
  synchronize(at::kCPU);
  EXPECT_EQ(peak_memory_bytes(c10::Device(at::kCPU)), peak_memory_bytes());
  EXPECT_EQ(reset_peak_memory(c10::Device(at::kCPU)), reset_peak_memory());
}

}  // namespace
}  // namespace automodel
