#include "ops/cpu/dispatch.h"

namespace automodel::ops::cpu {

// Made from the sources of kernels/, once for each set.
namespace avx2 {
const Kernels& all_kernels();
}
namespace avx512 {
const Kernels& all_kernels();
}
namespace avx512_bf16 {
const Kernels& all_kernels();
}
namespace amx_bf16 {
const Kernels& all_kernels();
}

const Kernels* kernels_of(Isa isa) {
  switch (isa) {
    case Isa::reference:
      return nullptr;
    case Isa::avx2:
      return &avx2::all_kernels();
    case Isa::avx512:
      return &avx512::all_kernels();
    case Isa::avx512_bf16:
      return &avx512_bf16::all_kernels();
    case Isa::amx_bf16:
      return &amx_bf16::all_kernels();
  }
  return nullptr;
}

}  // namespace automodel::ops::cpu
