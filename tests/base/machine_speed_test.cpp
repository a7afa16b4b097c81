#include "base/machine_speed.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "base/cores.h"
#include "base/error.h"
#include "base/process.h"
#include "tests/base/sanitized.h"
#include "tests/base/scarce_process.h"

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

/// Weights and optimizer are there already; a share of 16 MiB for each of many threads would be
/// gibibytes.
TEST(Bandwidth, TakesLittleMemoryWhateverTheThreads) {
  if (kSanitized || !reset_peak_memory()) {
    GTEST_SKIP() << "the memory is not the program's";
  }
  const auto before = peak_memory_bytes();
  EXPECT_GT(measure_bandwidth(256), 1e8);
  EXPECT_LT(peak_memory_bytes() - before, std::int64_t{300} << 20);
}

/// As in a container that allows few processes.
TEST(MachineSpeed, IsThatOfTheThreadsThatAreThere) {
  if (kSanitized) {
    GTEST_SKIP() << "maps what it wants";
  }
  const auto measure = [] {
    testing::limit_address_space(40);
    std::_Exit(measure_peak_flops(Isa::reference, 64) > 0 ? 0 : 1);
  };
  EXPECT_EXIT(measure(), ::testing::ExitedWithCode(0), "");
}

TEST(MachineSpeed, IsThatOfTheThreadsThatHaveMemory) {
  if (kSanitized) {
    GTEST_SKIP() << "maps what it wants";
  }
  const auto measure = [](std::uint64_t mebibytes) {
    testing::limit_address_space(mebibytes);
    try {
      std::_Exit(measure_bandwidth(2) > 0 ? 0 : 1);
    } catch (const Error& error) {
      std::fputs(error.what(), stderr);
      std::_Exit(error.kind() == ErrorKind::out_of_memory ? 2 : 1);
    }
  };
  EXPECT_EXIT(measure(100), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(measure(20), ::testing::ExitedWithCode(2), "memory");
}

}  // namespace
}  // namespace automodel
