#pragma once
// Tests of kernels run for every instruction set of this processor.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/isa.h"
#include "ops/cpu/dispatch.h"

namespace automodel::ops {

inline std::vector<Isa> own_isas() {
  std::vector<Isa> out;
  for (const Isa isa : supported_isas()) {
    if (cpu::kernels_of(isa) != nullptr) {
      out.push_back(isa);
    }
  }
  return out;
}

inline std::string name_of_isa(const testing::TestParamInfo<Isa>& parameter) {
  return std::string(isa_name(parameter.param));
}

}  // namespace automodel::ops
