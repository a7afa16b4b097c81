#pragma once
// What `automodel doctor` looks at.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace automodel::cli {

struct Finding {
  std::string title;
  std::string text;
  std::optional<std::string> fix;  // what to do, if something is to be done
  bool prevents = false;           // without the fix nothing can be trained
  bool operator==(const Finding&) const = default;
};

/// The program and its LibTorch: what `automodel-engine version` prints; empty if it does not run.
Finding program_finding(const std::string& engine_version);

Finding processor_finding(const std::vector<std::string>& instruction_sets,
                          const std::string& name);

/// Cores that this process may keep busy, of those that the machine has; `limit`: OMP_NUM_THREADS.
Finding cores_finding(int usable, int all, int numa_nodes, const std::optional<std::string>& limit);

Finding memory_finding(std::uint64_t usable_bytes, std::uint64_t available_bytes);

/// GPUs by the names that the driver gives them.
Finding gpu_finding(const std::vector<std::string>& names, bool torch_has_cuda);

/// Writes and syncs 64 MiB in `folder`, or in the folder above it that is there, and removes them.
Finding disk_finding(const std::filesystem::path& folder);
/// The same of what was measured; speed in bytes per second.
Finding disk_finding(const std::string& folder, double speed, std::uint64_t free_bytes);

/// How long a connection to the hub takes; nothing: none in 3 seconds.
Finding hub_finding(const std::string& host, std::optional<double> seconds, bool is_offline);

/// Seconds that a TCP connection to port 443 takes; nothing if there is none in 3 seconds.
std::optional<double> connect_seconds(const std::string& host);

}  // namespace automodel::cli
