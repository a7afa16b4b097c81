#include "base/process.h"

#include <gtest/gtest.h>

#include <vector>

namespace automodel {
namespace {

TEST(PeakMemory, GrowsWithWhatIsUsed) {
  const auto before = peak_memory_bytes();
  EXPECT_GT(before, 1 << 20);
  const std::vector<char> much(std::size_t{64} << 20, 'x');
  EXPECT_GE(peak_memory_bytes(), before + (std::int64_t{32} << 20));
}

}  // namespace
}  // namespace automodel
