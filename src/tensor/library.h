#pragma once
// Which LibTorch this is.

#include <string>

namespace automodel {

/// "2.13.0".
std::string torch_version();
/// The instruction set for which LibTorch's own kernels were chosen: "DEFAULT", "AVX2", "AVX512".
std::string torch_kernels();
/// The file of libtorch_cpu that this process has loaded; empty if the system does not tell.
std::string torch_library();

}  // namespace automodel
