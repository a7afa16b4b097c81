#pragma once
// Where tensors live and are computed.

#include <c10/core/Device.h>

#include <string>

namespace automodel {

/// auto: the first GPU if LibTorch has CUDA and one is there, else the CPU; cpu; cuda; cuda:N.
/// Throws Error(invalid_argument) for another name or a GPU that is not there.
c10::Device device_from_name(const std::string& name);

/// How many GPUs LibTorch can use.
int num_gpus();

}  // namespace automodel
