#pragma once
// What this process uses of the machine.

#include <cstdint>

namespace automodel {

/// The most memory that this process had resident since its start or the last
/// reset_peak_memory(), in bytes; mapped files count.
std::int64_t peak_memory_bytes();

/// The peak starts anew from what is resident now. False if the system does not allow it.
bool reset_peak_memory();

/// What this process has used of the processor so far.
struct ProcessorUse {
  double cpu_seconds = 0;        // of all threads, user and system
  std::int64_t page_faults = 0;  // pages that the kernel had to provide
};
ProcessorUse processor_use();

}  // namespace automodel
