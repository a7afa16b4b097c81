#include "tensor/threads.h"

#include <ATen/Parallel.h>

#include <cstdlib>

#include "base/cores.h"
#include "base/error.h"

namespace automodel {

int configure_threads(int num_threads) {
  check(num_threads >= 0, ErrorKind::invalid_argument,
        "the number of threads must not be negative, found {}", num_threads);
  if (num_threads == 0) {
    const char* chosen = std::getenv("OMP_NUM_THREADS");
    const int wanted = chosen != nullptr ? std::atoi(chosen) : 0;
    num_threads = wanted > 0 ? wanted : usable_cores();
  }
  at::set_num_threads(num_threads);
  return num_threads;
}

}  // namespace automodel
