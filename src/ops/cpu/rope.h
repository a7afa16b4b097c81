#pragma once
// Rotary embedding by a kernel.

#include "ops/cpu/operands.h"

namespace automodel::ops::cpu {

/// Whether the kernels take these heads and tables.
const Kernels* rope_kernels_for(const Tensor& x_thk, const Tensor& cos_tr, const Tensor& sin_tr);

/// x rotated by the angles of its tokens, or back; the entries behind the pairs are copied. Rounded
/// once, to x's dtype.
Tensor rope(const Kernels& kernels, const Tensor& x_thk, const Tensor& cos_tr, const Tensor& sin_tr,
            bool interleaved, bool backwards);

}  // namespace automodel::ops::cpu
