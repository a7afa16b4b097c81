#pragma once

#include <cstddef>
#include <cstdint>

namespace automodel::testing {

// The pretended GPU's memory. Its addresses are of a range of the process that is never readable
// nor writable, as a real GPU's are not: who takes one for the host's dies of it at once. Beside it
// lies the memory itself.

/// The address of `bytes` new bytes, all 0xff: not-a-number in floats, -1 in integers.
void* allocate(std::size_t bytes);
void release(void* address);

/// Where the host finds what lies at an address of the pretended GPU. Fails for another address.
void* on_host(const void* address);

std::int64_t allocated_bytes();
std::int64_t peak_bytes();
void reset_peak();

}  // namespace automodel::testing
