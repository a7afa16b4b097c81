#pragma once
// Independent tasks on LibTorch's threads.

#include <cstdint>
#include <functional>

namespace automodel::ops::cpu {

/// Calls work(task, worker) once for each task of [0, num_tasks), on up to at::get_num_threads()
/// threads; worker is below num_workers() and no two calls with one worker run at the same time.
/// Which thread gets which task is left to chance, so that a busy core delays nobody: a task must
/// not see the results of another. `work` must not throw.
void for_each_task(std::int64_t num_tasks,
                   const std::function<void(std::int64_t task, std::int64_t worker)>& work);

std::int64_t num_workers();

}  // namespace automodel::ops::cpu
