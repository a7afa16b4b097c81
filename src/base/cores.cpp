#include "base/cores.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "base/cgroup.h"
#include "base/environment.h"

namespace automodel {
namespace {

int cores_of_affinity() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  // Fails on machines with more cores than a cpu_set_t holds.
  if (::sched_getaffinity(0, sizeof(mask), &mask) != 0) {
    return static_cast<int>(std::thread::hardware_concurrency());
  }
  return CPU_COUNT(&mask);
}

}  // namespace

int usable_cores() {
  const double cores = cores_of_affinity();
  const double quota = read_cgroup_limits().cpus.value_or(cores);
  return std::max(1, static_cast<int>(std::floor(std::min(cores, quota))));
}

std::optional<int> omp_threads() {
  const int threads = std::atoi(environment("OMP_NUM_THREADS").c_str());
  return threads > 0 ? std::optional(threads) : std::nullopt;
}

int usual_threads() { return omp_threads().value_or(usable_cores()); }

std::uint64_t usable_memory_bytes() {
  const auto pages = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_PHYS_PAGES)));
  const auto machine = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return std::min(machine, read_cgroup_limits().memory_bytes.value_or(machine));
}

}  // namespace automodel
