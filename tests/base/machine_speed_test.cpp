#include "base/machine_speed.h"

#include <gtest/gtest.h>

#include "base/cores.h"

namespace automodel {
namespace {

/// A processor of this century, also where a sanitizer's build keeps the sums in memory.
TEST(PeakFlops, IsWhatAProcessorCanDo) {
  for (const Isa isa : supported_isas()) {
    const double one = measure_peak_flops(isa, 1);
    EXPECT_GT(one, 1e8) << isa_name(isa);
    EXPECT_LT(one, 1e12) << isa_name(isa);
  }
}

TEST(PeakFlops, OfMoreThreadsIsTheirSum) {
  if (usable_cores() < 2) {
    GTEST_SKIP() << "one core";
  }
  EXPECT_GT(measure_peak_flops(Isa::reference, 2), 1.1 * measure_peak_flops(Isa::reference, 1));
}

/// Any memory of this century, and no cache's speed.
TEST(Bandwidth, IsWhatMemoryCanDo) {
  const double one = measure_bandwidth(1);
  EXPECT_GT(one, 1e8);
  EXPECT_LT(one, 1e12);
}

}  // namespace
}  // namespace automodel
