// Whichever of the tables this build has.

#include <gtest/gtest.h>

#include "ops/cpu/dispatch.h"

namespace automodel::ops::cpu {
namespace {

TEST(Tables, TheReferenceHasNoKernels) { EXPECT_EQ(kernels_of(Isa::reference), nullptr); }

TEST(Tables, EverySetOfThisProcessorHasAll) {
  for (const Isa isa : supported_isas()) {
    const auto* set = kernels_of(isa);
    ASSERT_EQ(set == nullptr, isa == Isa::reference) << isa_name(isa);
    if (set != nullptr) {
      EXPECT_NE(set->gemm.tile, nullptr);
      EXPECT_NE(set->attention.backward, nullptr);
      EXPECT_NE(set->rows.norm_backward, nullptr);
      EXPECT_NE(set->rope, nullptr);
    }
  }
}

TEST(Tables, TheRunUsesTheChosenSet) { EXPECT_EQ(kernels(), kernels_of(chosen_isa())); }

}  // namespace
}  // namespace automodel::ops::cpu
