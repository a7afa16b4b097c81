#include "tensor/device.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/cuda.h>

#include <optional>

#include "base/error.h"
#include "base/process.h"

namespace automodel {
namespace {

std::optional<c10::Device> parse(const std::string& name) {
  try {
    return c10::Device(name);
  } catch (const c10::Error&) {
    return std::nullopt;
  }
}

}  // namespace

c10::Device device_from_name(const std::string& name) {
  const int gpus = num_gpus();
  if (name == "auto") {
    return gpus > 0 ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
  }
  const auto device = parse(name);
  if (!device || (!device->is_cpu() && !device->is_cuda())) {
    fail(ErrorKind::invalid_argument,
         "device: '{}' is not known; expected auto, cpu, cuda or cuda:N", name);
  }
  const c10::DeviceIndex index = device->has_index() ? device->index() : c10::DeviceIndex{0};
  check(device->is_cpu() || index < gpus, ErrorKind::invalid_argument,
        "device: {} is not there; LibTorch {} sees {} GPUs", name,
        torch::cuda::is_available() ? "with CUDA" : "without CUDA", gpus);
  return device->is_cpu() ? *device : c10::Device(c10::kCUDA, index);
}

int num_gpus() { return static_cast<int>(torch::cuda::device_count()); }

void synchronize(c10::Device device) {
  if (!device.is_cpu()) {
    c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
  }
}

std::int64_t peak_memory_bytes(c10::Device device) {
  if (device.is_cpu()) {
    return peak_memory_bytes();
  }
  using Kind = c10::CachingAllocator::StatType;
  const auto stats = at::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  return stats.allocated_bytes[static_cast<std::size_t>(Kind::AGGREGATE)].peak;
}

bool reset_peak_memory(c10::Device device) {
  if (device.is_cpu()) {
    return reset_peak_memory();
  }
  at::getDeviceAllocator(device.type())->resetPeakStats(device.index());
  return true;
}

}  // namespace automodel
