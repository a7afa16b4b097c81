#pragma once
// Packed matrix product.

#include "ops/cpu/kernels/vec.h"

namespace automodel::ops::cpu::AM_ISA {

/// One panel of rows (each row's steps one behind the other if they lie by row, else each step's
/// rows) or of columns (each step's columns).
void pack_rows(const PackTask& task);
void pack_columns(const PackTask& task);

GemmKernels gemm_kernels();

}  // namespace automodel::ops::cpu::AM_ISA
