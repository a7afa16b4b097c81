#pragma once
// The kernels of the instruction set that this run uses.

#include "base/isa.h"
#include "ops/cpu/kernels.h"

namespace automodel::ops::cpu {

/// The kernels of `isa`; null for the reference, whose operators are LibTorch's, and for a set that
/// this build was not made for.
const Kernels* kernels_of(Isa isa);

/// kernels_of(chosen_isa()), decided at the first call.
const Kernels* kernels();

}  // namespace automodel::ops::cpu
