#pragma once
// What this machine can do at most, to compare with.

#include <ATen/core/TensorBody.h>

namespace automodel::recipes {

/// Floating-point operations per second of LibTorch's product of two square matrices of `dtype` on
/// a device, the best of a few; on the CPU with the threads that are configured. Takes about a
/// second.
double measure_matmul_flops(at::ScalarType dtype, at::Device device);

}  // namespace automodel::recipes
