#pragma once
// A process that gets little more from the system, to be asked for in a death test.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>

#include "base/kernel_counts.h"

namespace automodel::testing {

/// From here on this process can map so many MiB more: of several threads, whose stacks are 8 MiB
/// each, or large blocks not all will be there. If it hangs for 20 seconds a signal ends it.
inline void limit_address_space(std::uint64_t mebibytes) {
  const std::uint64_t mapped = read_kernel_counts("/proc/self/status")["VmSize"] * 1024;
  const std::uint64_t most = mapped + (mebibytes << 20U);
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &limit), 0);
  constexpr unsigned kSeconds = 20;
  ::alarm(kSeconds);
}

}  // namespace automodel::testing
