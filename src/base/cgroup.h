#pragma once
// The limits that a container or a batch system has put on this process (Linux control groups,
// version 1 and 2).

#include <cstdint>
#include <filesystem>
#include <optional>

namespace automodel {

struct CgroupLimits {
  /// CPU time per time: 1.5 is one and a half cores.
  std::optional<double> cpus;
  std::optional<std::uint64_t> memory_bytes;

  bool operator==(const CgroupLimits&) const = default;
};

/// The strictest limits of the process's groups and their parents. What cannot be read sets no
/// limit. `root` is where proc/self/cgroup and sys/fs/cgroup are looked for.
CgroupLimits read_cgroup_limits(const std::filesystem::path& root = "/");

/// The bytes that these groups still allow, the least of all; none if nothing limits them. Cached
/// files count as free, and so does swap space that a group may use, of which the machine has
/// `free_swap_bytes` left.
std::optional<std::uint64_t> read_cgroup_free_memory(std::uint64_t free_swap_bytes,
                                                     const std::filesystem::path& root = "/");

}  // namespace automodel
