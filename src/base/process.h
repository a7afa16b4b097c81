#pragma once
// What this process uses of the machine.

#include <cstdint>

namespace automodel {

/// The most memory that this process had resident so far, in bytes; mapped files count.
std::int64_t peak_memory_bytes();

}  // namespace automodel
