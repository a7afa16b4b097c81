#pragma once
// How much of the machine this process may use.

#include <cstdint>
#include <optional>

namespace automodel {

/// The cores this process may keep busy: those of its affinity mask, no more than the quota of its
/// control groups, at least 1.
int usable_cores();

/// OMP_NUM_THREADS if it is a number above 0.
std::optional<int> omp_threads();

/// Threads where nobody says how many: omp_threads(), else usable_cores().
int usual_threads();

/// The memory this process may use: the machine's, or the limit of its control groups if that is
/// less.
std::uint64_t usable_memory_bytes();

}  // namespace automodel
