#include "cli/doctor/machine.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "base/cgroup.h"
#include "base/cores.h"
#include "base/kernel_counts.h"
#include "base/text.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

void for_each_line(const fs::path& file, const std::function<void(const std::string&)>& visit) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    visit(line);
  }
}

int count_nodes(const fs::path& root) {
  int count = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root / "sys/devices/system/node", none)) {
    const std::string name = entry.path().filename().string();
    count += matches_wildcard(name, "node*") &&
                     name.find_first_not_of("0123456789", 4) == std::string::npos
                 ? 1
                 : 0;
  }
  return std::max(count, 1);
}

/// The word in brackets: "always [madvise] never".
std::string chosen_word(const fs::path& file) {
  std::string out;
  for_each_line(file, [&](const std::string& line) {
    const auto begin = line.find('[');
    const auto end = line.find(']', begin);
    if (end != std::string::npos) {
      out = line.substr(begin + 1, end - begin - 1);
    }
  });
  return out;
}

}  // namespace

Cores find_cores(const fs::path& root) {
  return {.online = static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))),
          .usable = usable_cores(),
          .quota = read_cgroup_limits(root).cpus,
          .numa_nodes = count_nodes(root),
          .omp_threads = omp_threads()};
}

Memory find_memory(const fs::path& root) {
  auto kib = read_kernel_counts(root / "proc/meminfo");
  const auto limit = read_cgroup_limits(root).memory_bytes;
  const std::uint64_t total = kib["MemTotal"] * 1024;
  return {.total_bytes = total,
          .available_bytes = std::min(kib["MemAvailable"] * 1024, limit.value_or(UINT64_MAX)),
          .limit_bytes = limit && *limit < total ? limit : std::nullopt,
          .huge_pages = chosen_word(root / "sys/kernel/mm/transparent_hugepage/enabled")};
}

std::vector<std::string> find_gpus(const fs::path& root) {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root / "proc/driver/nvidia/gpus", none)) {
    for_each_line(entry.path() / "information", [&](const std::string& line) {
      if (line.starts_with("Model:")) {
        out.emplace_back(trim(std::string_view(line).substr(6)));
      }
    });
  }
  return out;
}

}  // namespace automodel::cli
