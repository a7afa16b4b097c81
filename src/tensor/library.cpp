#include "tensor/library.h"

#include <ATen/Version.h>
#include <torch/version.h>

namespace automodel {

std::string torch_version() { return TORCH_VERSION; }

std::string torch_kernels() { return at::get_cpu_capability(); }

}  // namespace automodel
