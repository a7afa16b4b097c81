#pragma once
// Tests of kernels run for every instruction set of this processor.

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "base/isa.h"
#include "ops/cpu/dispatch.h"

namespace automodel::ops {

#if defined(AM_EMULATED_TILES)
namespace cpu::emulated_tiles {
const Kernels& all_kernels();
}
#endif

struct KernelSet {
  std::string name;
  const cpu::Kernels* kernels = nullptr;

  friend std::ostream& operator<<(std::ostream& out, const KernelSet& set) {
    return out << set.name;
  }
};

/// Those of every set with kernels, the plainest first; and where all but the tiles are there,
/// those with tiles (AMX) that are computed one by one, since few processors have them.
inline std::vector<KernelSet> own_sets() {
  std::vector<KernelSet> out;
  for (const Isa isa : supported_isas()) {
    if (const auto* kernels = cpu::kernels_of(isa)) {
      out.push_back({std::string(isa_name(isa)), kernels});
    }
#if defined(AM_EMULATED_TILES)
    if (isa == Isa::avx512_bf16) {
      out.push_back({"emulated_tiles", &cpu::emulated_tiles::all_kernels()});
    }
#endif
  }
  return out;
}

inline std::string name_of_set(const ::testing::TestParamInfo<KernelSet>& parameter) {
  return parameter.param.name;
}

}  // namespace automodel::ops
