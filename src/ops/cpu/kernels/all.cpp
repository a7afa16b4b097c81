#include "ops/cpu/kernels/attention.h"
#include "ops/cpu/kernels/gemm.h"
#include "ops/cpu/kernels/rows.h"

namespace automodel::ops::cpu::AM_ISA {

const Kernels& all_kernels() {
  static const Kernels kKernels = {
      .gemm = gemm_kernels(), .attention = attention_kernels(), .rows = row_kernels()};
  return kKernels;
}

}  // namespace automodel::ops::cpu::AM_ISA
