#include "base/process.h"

#include <gtest/gtest.h>

#include <vector>

namespace automodel {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

TEST(PeakMemory, GrowsWithWhatIsUsedAndStartsAnew) {
  const auto before = peak_memory_bytes();
  EXPECT_GT(before, kMiB);
  {
    // More than was ever in use: what was freed before may be used again without a new peak.
    const std::vector<char> much(static_cast<std::size_t>(before + 64 * kMiB), 'x');
    EXPECT_GE(peak_memory_bytes(), static_cast<std::int64_t>(much.size()));
  }
  const auto high = peak_memory_bytes();
  if (reset_peak_memory()) {
    EXPECT_LE(peak_memory_bytes(), high - 32 * kMiB);
  } else {
    EXPECT_EQ(peak_memory_bytes(), high);
  }
}

TEST(ProcessorUse, Grows) {
  const auto before = processor_use();
  const std::vector<char> much(std::size_t{64} << 20, 'x');
  EXPECT_GT(processor_use().page_faults, before.page_faults);
  while (processor_use().cpu_seconds < before.cpu_seconds + 0.01) {
  }
}

}  // namespace
}  // namespace automodel
