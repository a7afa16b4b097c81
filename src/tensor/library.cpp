#include "tensor/library.h"

#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/version.h>

namespace automodel {

std::string torch_version() { return TORCH_VERSION; }

std::string torch_kernels() { return at::get_cpu_capability(); }

std::string torch_library() {
  Dl_info found{};
  const auto* symbol = reinterpret_cast<const void*>(&at::get_cpu_capability);
  return ::dladdr(symbol, &found) != 0 && found.dli_fname != nullptr ? found.dli_fname : "";
}

}  // namespace automodel
