#pragma once
// How many threads LibTorch's operators use.

namespace automodel {

/// Sets the number of threads of at::parallel_for, OpenMP and MKL. 0 means OMP_NUM_THREADS if the
/// user has set it, else the cores that this process may use. Returns the number. Throws
/// Error(invalid_argument) if it is negative.
int configure_threads(int num_threads);

}  // namespace automodel
