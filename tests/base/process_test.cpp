#include "base/process.h"

#include <gtest/gtest.h>

#include <vector>

namespace automodel {
namespace {

TEST(PeakMemory, GrowsWithWhatIsUsed) {
  const auto before = peak_memory_bytes();
  EXPECT_GT(before, 1 << 20);
  // More than was ever in use: what was freed before may be used again without a new peak.
  const std::vector<char> much(static_cast<std::size_t>(before) + (std::size_t{32} << 20), 'x');
  EXPECT_GE(peak_memory_bytes(), static_cast<std::int64_t>(much.size()));
}

}  // namespace
}  // namespace automodel
