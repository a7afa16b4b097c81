#include "ops/cpu/dispatch.h"

namespace automodel::ops::cpu {

const Kernels* kernels() {
  static const Kernels* const kChosen = kernels_of(chosen_isa());
  return kChosen;
}

}  // namespace automodel::ops::cpu
