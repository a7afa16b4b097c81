#include "ops/cpu/kernels/attention.h"
#include "ops/cpu/kernels/gemm.h"
#include "ops/cpu/kernels/rope.h"
#include "ops/cpu/kernels/rows.h"
#include "ops/cpu/kernels/update.h"

namespace automodel::ops::cpu::AM_ISA {

const Kernels& all_kernels() {
  static const Kernels kKernels = {.gemm = gemm_kernels(),
                                   .attention = attention_kernels(),
                                   .rows = row_kernels(),
                                   .rope = rope,
                                   .update = update_kernels()};
  return kKernels;
}

}  // namespace automodel::ops::cpu::AM_ISA
