#pragma once
// Kernels of gradients and optimizers.

#include "ops/cpu/kernels/vec.h"

namespace automodel::ops::cpu::AM_ISA {

UpdateKernels update_kernels();

}  // namespace automodel::ops::cpu::AM_ISA
