#pragma once
// Kernels of rows and single elements.

#include "ops/cpu/kernels/vec.h"

namespace automodel::ops::cpu::AM_ISA {

RowKernels row_kernels();

}  // namespace automodel::ops::cpu::AM_ISA
