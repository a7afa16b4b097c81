#include "base/free_memory.h"

#include <algorithm>

#include "base/cgroup.h"
#include "base/kernel_counts.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKib = 1024;  // the unit of /proc

/// What ZFS would give back of its cache, which the kernel does not count as available.
std::uint64_t zfs_cache_bytes(const fs::path& root) {
  auto cache = read_kernel_counts(root / "proc/spl/kstat/zfs/arcstats");
  return cache["size"] - std::min(cache["size"], cache["c_min"]);
}

}  // namespace

std::uint64_t free_memory_bytes(const fs::path& root) {
  auto memory = read_kernel_counts(root / "proc/meminfo");
  const std::uint64_t swap = memory["SwapFree"] * kKib;
  const std::uint64_t machine = memory.contains("MemAvailable")
                                    ? memory["MemAvailable"] * kKib + swap + zfs_cache_bytes(root)
                                    : UINT64_MAX;
  return std::min(machine, read_cgroup_free_memory(swap, root).value_or(UINT64_MAX));
}

std::optional<std::uint64_t> anonymous_memory_bytes(const fs::path& root) {
  auto process = read_kernel_counts(root / "proc/self/status");
  return process.contains("RssAnon")
             ? std::optional((process["RssAnon"] + process["VmSwap"]) * kKib)
             : std::nullopt;
}

}  // namespace automodel
