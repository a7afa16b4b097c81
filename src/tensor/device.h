#pragma once
// Where tensors live and are computed.

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace automodel {

/// auto: the first GPU if LibTorch has CUDA and one is there, else the CPU; cpu; cuda; cuda:N.
/// Throws Error(invalid_argument) for another name or a GPU that is not there.
c10::Device device_from_name(const std::string& name);

/// How many GPUs LibTorch can use.
int num_gpus();

/// Waits until what was asked of the device is computed.
void synchronize(c10::Device device);

/// The most memory in use at one time, in bytes, since the start or reset_peak_memory(): on the CPU
/// what the process had resident (base/process.h), on a GPU what tensors took of the GPU's.
std::int64_t peak_memory_bytes(c10::Device device);

/// The peak starts anew from what is in use now. False if the system does not allow it.
bool reset_peak_memory(c10::Device device);

}  // namespace automodel
