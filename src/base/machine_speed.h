#pragma once
// How fast this machine's cores multiply, and its memory is read and written. Where the system does
// not give that many threads those that are there are measured.

#include "base/isa.h"

namespace automodel {

/// float32 operations a second that `num_threads` threads reach together where nothing holds them
/// up: multiplications with an addition, two operations each, in registers as wide as those of
/// `isa`, which the processor must have. Takes a few milliseconds; of short slices the best counts,
/// so that other programs hardly change it.
double measure_peak_flops(Isa isa, int num_threads);

/// Bytes a second that `num_threads` threads, but no more than 16, read and write together where
/// each goes through memory of its own, larger than its caches, and stores every entry that it has
/// read. Takes some hundredths of a second and 16 to 64 MiB a thread; of all no more than 256 MiB
/// and, with fewer threads, an eighth of what is free. Throws Error(out_of_memory) if not even one
/// gets its part.
double measure_bandwidth(int num_threads);

}  // namespace automodel
