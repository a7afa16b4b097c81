#include "base/process.h"

#include <sys/resource.h>

#include <fstream>

#include "base/kernel_counts.h"

namespace automodel {
namespace {

rusage own_usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

std::int64_t peak_memory_bytes() {
  // reset_peak_memory() resets it; 0: the system does not tell.
  const auto kib = static_cast<std::int64_t>(read_kernel_counts("/proc/self/status")["VmHWM"]);
  return (kib > 0 ? kib : std::int64_t{own_usage().ru_maxrss}) * 1024;  // Linux counts in KiB
}

bool reset_peak_memory() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;  // 5: only the high-water mark (proc(5))
  return file.good();
}

ProcessorUse processor_use() {
  const rusage usage = own_usage();
  return {.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
          .page_faults = usage.ru_minflt + usage.ru_majflt};
}

}  // namespace automodel
