#pragma once
// Attention of a tile of queries.

#include "ops/cpu/kernels/vec.h"

namespace automodel::ops::cpu::AM_ISA {

AttentionKernels attention_kernels();

}  // namespace automodel::ops::cpu::AM_ISA
