#include "base/cgroup.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

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

void apply_memory(CgroupLimits& limits, const fs::path& path) {
  const auto found = numbers_in(path);
  if (!found.empty() && found[0] > 0 && found[0] < static_cast<double>(kNoMemoryLimit)) {
    lower(limits.memory_bytes, static_cast<std::uint64_t>(found[0]));
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

}  // namespace

CgroupLimits read_cgroup_limits(const fs::path& root) {
  CgroupLimits limits;
  const fs::path mounts = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto parts = split(line, ':');  // number, controllers, path
    if (parts.size() != 3) {
      continue;
    }
    if (parts[1].empty()) {
      climb(mounts, parts[2], [&](const fs::path& folder) { apply_version_2(limits, folder); });
    }
    for (const std::string& controller : split(parts[1], ',')) {
      if (controller == "cpu" || controller == "memory") {
        climb(mounts / controller, parts[2],
              [&](const fs::path& folder) { apply_version_1(limits, folder); });
      }
    }
  }
  return limits;
}

}  // namespace automodel
