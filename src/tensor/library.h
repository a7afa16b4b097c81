#pragma once
// Which LibTorch this is.

#include <string>

namespace automodel {

/// "2.13.0".
std::string torch_version();
/// The instruction set for which LibTorch's own kernels were chosen: "DEFAULT", "AVX2", "AVX512".
std::string torch_kernels();

}  // namespace automodel
