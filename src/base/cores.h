#pragma once
// How much of the machine this process may use.

#include <cstdint>

namespace automodel {

/// The cores this process may keep busy: those of its affinity mask, no more than the quota of its
/// control groups, at least 1.
int usable_cores();

/// The memory this process may use: the machine's, or the limit of its control groups if that is
/// less.
std::uint64_t usable_memory_bytes();

}  // namespace automodel
