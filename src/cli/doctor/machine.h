#pragma once
// What the system says of itself. `root` is where proc/ and sys/ are looked for.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/processor.h"

namespace automodel::cli {

struct Cores {
  int online = 1;
  int usable = 1;                    // by affinity and quota
  std::optional<double> quota = {};  // of the control group
  int numa_nodes = 1;
  std::optional<int> omp_threads = {};  // OMP_NUM_THREADS
};

struct Memory {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;
  std::optional<std::uint64_t> limit_bytes = {};  // of the control group
  /// As transparent_hugepage/enabled has it: always, madvise, never; empty if the kernel has none.
  std::string huge_pages = {};
};

Cores find_cores(const std::filesystem::path& root = "/");
Memory find_memory(const std::filesystem::path& root = "/");

/// Names that NVIDIA's driver gives them.
std::vector<std::string> find_gpus(const std::filesystem::path& root = "/");

}  // namespace automodel::cli
