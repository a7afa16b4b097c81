#include "base/cgroup.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/kernel_counts.h"
#include "base/text.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

/// Without a limit version 1 says a number close to 2^63.
constexpr std::uint64_t kNoMemoryLimit = std::uint64_t{1} << 62;

/// The whitespace-separated numbers of a small file, up to the first word that is none.
std::vector<double> numbers_in(const fs::path& path) {
  std::ifstream file(path);
  std::vector<double> numbers;
  for (double number = 0; file >> number;) {
    numbers.push_back(number);
  }
  return numbers;
}

template <typename T>
void lower(std::optional<T>& limit, T value) {
  limit = std::min(limit.value_or(value), value);
}

void apply_cpu_quota(CgroupLimits& limits, double quota, double period) {
  if (quota > 0 && period > 0) {
    lower(limits.cpus, quota / period);
  }
}

/// None: not told, or no limit.
std::optional<std::uint64_t> bytes_in(const fs::path& path) {
  const auto found = numbers_in(path);
  return !found.empty() && found[0] >= 0 && found[0] < static_cast<double>(kNoMemoryLimit)
             ? std::optional(static_cast<std::uint64_t>(found[0]))
             : std::nullopt;
}

void apply_memory(CgroupLimits& limits, const fs::path& path) {
  if (const auto found = bytes_in(path).value_or(0); found > 0) {
    lower(limits.memory_bytes, found);
  }
}

void apply_version_1(CgroupLimits& limits, const fs::path& folder) {
  const auto quota = numbers_in(folder / "cpu.cfs_quota_us");
  const auto period = numbers_in(folder / "cpu.cfs_period_us");
  if (!quota.empty() && !period.empty()) {
    apply_cpu_quota(limits, quota[0], period[0]);
  }
  apply_memory(limits, folder / "memory.limit_in_bytes");
}

void apply_version_2(CgroupLimits& limits, const fs::path& folder) {
  const auto cpu_max = numbers_in(folder / "cpu.max");  // "max 100000" has no number in front
  if (cpu_max.size() == 2) {
    apply_cpu_quota(limits, cpu_max[0], cpu_max[1]);
  }
  apply_memory(limits, folder / "memory.max");
}

/// Calls `visit` for mount/group, its parent, ... up to the mount. In a container the group's path
/// may be the host's and not exist: then only its existing parents count.
void climb(const fs::path& mount, fs::path group,
           const std::function<void(const fs::path&)>& visit) {
  group = group.relative_path();
  const bool leaves_the_mount = std::find(group.begin(), group.end(), "..") != group.end();
  while (!leaves_the_mount && !group.empty()) {
    visit(mount / group);
    group = group.parent_path();
  }
  visit(mount);
}

enum class Version { one, two };

/// Calls `visit` for the folder of each group of the process and of their parents.
void visit_groups(const fs::path& root,
                  const std::function<void(Version version, const fs::path& folder)>& visit) {
  const fs::path mounts = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto parts = split(line, ':');  // number, controllers, path
    if (parts.size() != 3) {
      continue;
    }
    if (parts[1].empty()) {
      climb(mounts, parts[2], [&](const fs::path& folder) { visit(Version::two, folder); });
    }
    for (const std::string& controller : split(parts[1], ',')) {
      if (controller == "cpu" || controller == "memory") {
        climb(mounts / controller, parts[2],
              [&](const fs::path& folder) { visit(Version::one, folder); });
      }
    }
  }
}

/// What is left of the limit in one file, of which the count in another is used; so much of what is
/// used could be dropped. None without a limit.
std::optional<std::uint64_t> left_of(const fs::path& limit_file, const fs::path& used_file,
                                     std::uint64_t droppable) {
  const auto limit = bytes_in(limit_file);
  const auto used = bytes_in(used_file);
  if (!limit || !used) {
    return std::nullopt;
  }
  return *limit - std::min(*limit, *used - std::min(*used, droppable));
}

std::optional<std::uint64_t> free_memory_1(const fs::path& folder, std::uint64_t free_swap) {
  if (!bytes_in(folder / "memory.limit_in_bytes")) {
    return std::nullopt;
  }
  auto held = read_kernel_counts(folder / "memory.stat");
  const auto files = held["total_inactive_file"] + held["total_active_file"];
  auto free = left_of(folder / "memory.limit_in_bytes", folder / "memory.usage_in_bytes", files);
  if (free) {
    *free += free_swap;
  }
  // "memsw": memory and swap space together.
  if (const auto both = left_of(folder / "memory.memsw.limit_in_bytes",
                                folder / "memory.memsw.usage_in_bytes", files)) {
    lower(free, *both);
  }
  return free;
}

std::optional<std::uint64_t> free_memory_2(const fs::path& folder, std::uint64_t free_swap) {
  if (!bytes_in(folder / "memory.max")) {
    return std::nullopt;
  }
  auto held = read_kernel_counts(folder / "memory.stat");
  const auto files = held["inactive_file"] + held["active_file"] + held["slab_reclaimable"];
  const auto swap = left_of(folder / "memory.swap.max", folder / "memory.swap.current", 0);
  auto free = left_of(folder / "memory.max", folder / "memory.current", files);
  if (free) {
    *free += std::min(free_swap, swap.value_or(free_swap));
  }
  return free;
}

}  // namespace

CgroupLimits read_cgroup_limits(const fs::path& root) {
  CgroupLimits limits;
  visit_groups(root, [&](Version version, const fs::path& folder) {
    version == Version::one ? apply_version_1(limits, folder) : apply_version_2(limits, folder);
  });
  return limits;
}

std::optional<std::uint64_t> read_cgroup_free_memory(std::uint64_t free_swap_bytes,
                                                     const fs::path& root) {
  std::optional<std::uint64_t> least;
  visit_groups(root, [&](Version version, const fs::path& folder) {
    const auto free = version == Version::one ? free_memory_1(folder, free_swap_bytes)
                                              : free_memory_2(folder, free_swap_bytes);
    if (free) {
      lower(least, *free);
    }
  });
  return least;
}

}  // namespace automodel
