#pragma once
// Rotary embedding of heads.

#include "ops/cpu/kernels/vec.h"

namespace automodel::ops::cpu::AM_ISA {

void rope(const RopeTask& task);

}  // namespace automodel::ops::cpu::AM_ISA
