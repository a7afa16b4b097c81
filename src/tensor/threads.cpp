#include "tensor/threads.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

#include "base/cores.h"
#include "base/error.h"

#ifndef _OPENMP
#error "at::parallel_for runs on one thread in a source that is compiled without OpenMP"
#endif

namespace automodel {

int configure_threads(int num_threads) {
  check(num_threads >= 0, ErrorKind::invalid_argument,
        "the number of threads must not be negative, found {}", num_threads);
  num_threads = num_threads > 0 ? num_threads : usual_threads();
  constexpr int kMost = 1024;
  check(num_threads <= kMost, ErrorKind::invalid_argument,
        "{} threads are too many: at most {} are used; give the number of cores (--threads or "
        "OMP_NUM_THREADS)",
        num_threads, kMost);
  at::set_num_threads(num_threads);
  return num_threads;
}

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

}  // namespace automodel
