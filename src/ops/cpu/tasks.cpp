#include "ops/cpu/tasks.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

namespace automodel::ops::cpu {

std::int64_t num_workers() { return at::in_parallel_region() ? 1 : at::get_num_threads(); }

void for_each_task(std::int64_t num_tasks,
                   const std::function<void(std::int64_t, std::int64_t)>& work) {
  const std::int64_t workers = std::min(num_tasks, num_workers());
  if (workers <= 1) {
    for (std::int64_t task = 0; task < num_tasks; ++task) {
      work(task, 0);
    }
    return;
  }
  std::atomic<std::int64_t> next = 0;
  at::parallel_for(0, workers, 1, [&](std::int64_t worker, std::int64_t /*end*/) {
    for (std::int64_t task = next.fetch_add(1); task < num_tasks; task = next.fetch_add(1)) {
      work(task, worker);
    }
  });
}

}  // namespace automodel::ops::cpu
