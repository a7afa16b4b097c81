#pragma once
// LibTorch's threads: how many there are, and work for them.

#include <cstdint>
#include <functional>

namespace automodel {

/// Sets the number of threads of at::parallel_for, OpenMP and MKL. 0 means OMP_NUM_THREADS if the
/// user has set it, else the cores that this process may use. Returns the number. Throws
/// Error(invalid_argument) if it is negative.
int configure_threads(int num_threads);

/// Calls work(task, worker) once for each task of [0, num_tasks), on up to at::get_num_threads()
/// threads; worker is below num_workers() and no two calls with one worker run at the same time.
/// Which thread gets which task is left to chance, so that a busy core delays nobody: a task must
/// not see the results of another. What `work` throws, one of its exceptions, is thrown here.
///
/// Not at::parallel_for itself: in a source compiled without OpenMP it is a plain loop.
void for_each_task(std::int64_t num_tasks,
                   const std::function<void(std::int64_t task, std::int64_t worker)>& work);

std::int64_t num_workers();

}  // namespace automodel
