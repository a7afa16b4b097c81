#include "base/process.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <vector>

namespace automodel {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

/// Pages in use, given back at the end: an allocator (a sanitizer's above all) may keep what is
/// freed.
class Pages {
 public:
  explicit Pages(std::int64_t bytes)
      : size_(static_cast<std::size_t>(bytes)),
        data_(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    EXPECT_NE(data_, MAP_FAILED);
    std::memset(data_, 'x', size_);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(data_, size_); }

 private:
  std::size_t size_;
  void* data_;
};

TEST(PeakMemory, GrowsWithWhatIsUsedAndStartsAnew) {
  const auto before = peak_memory_bytes();
  EXPECT_GT(before, kMiB);
  {
    // More than was ever in use: what was freed before may be used again without a new peak.
    const Pages much(before + 64 * kMiB);
    EXPECT_GE(peak_memory_bytes(), before + 64 * kMiB);
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
