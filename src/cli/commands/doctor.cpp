#include "cli/commands/doctor.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/cores.h"
#include "base/processor.h"
#include "base/text.h"
#include "cli/engine.h"
#include "cli/health.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool is_on(const std::optional<std::string>& value) {
  return value && !value->empty() && *value != "0" && to_lower_ascii(*value) != "false";
}

int numa_nodes() {
  int count = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/sys/devices/system/node", error)) {
    const auto name = entry.path().filename().string();
    count += name.starts_with("node") && name.size() > 4 ? 1 : 0;
  }
  return std::max(count, 1);
}

/// In bytes, of what this process may use.
std::uint64_t available_memory() {
  std::ifstream info("/proc/meminfo");
  for (std::string word; info >> word;) {
    std::uint64_t kib = 0;
    if (word == "MemAvailable:" && info >> kib) {
      return std::min(kib * 1024, usable_memory_bytes());
    }
  }
  return usable_memory_bytes();
}

std::vector<std::string> gpu_names() {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    std::ifstream file(entry.path() / "information");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("Model:")) {
        out.emplace_back(trim(std::string_view(line).substr(6)));
      }
    }
  }
  return out;
}

std::string hub_host() {
  std::string host = variable("HF_ENDPOINT").value_or("huggingface.co");
  const auto scheme = host.find("://");
  host = scheme == std::string::npos ? host : host.substr(scheme + 3);
  return host.substr(0, host.find_first_of(":/"));
}

std::vector<Finding> examine(const std::string& output) {
  const auto processor = this_processor();
  const std::string engine = engine_version();
  const bool is_offline = is_on(variable("HF_HUB_OFFLINE"));
  const std::string host = hub_host();
  return {program_finding(engine),
          processor_finding(processor.instruction_sets, processor.name),
          cores_finding(usable_cores(), static_cast<int>(std::thread::hardware_concurrency()),
                        numa_nodes(), variable("OMP_NUM_THREADS")),
          memory_finding(usable_memory_bytes(), available_memory()),
          gpu_finding(gpu_names(), engine.ends_with(", CUDA")),
          disk_finding(output),
          hub_finding(host, is_offline ? std::nullopt : connect_seconds(host), is_offline)};
}

ExitCode run(Arguments arguments) {
  std::string output = "runs";
  CLI::App app(
      "Looks at this machine: program and LibTorch, processor, cores, memory, GPU, the disk that "
      "runs are written to, the hub. Each finding that needs one has its fix beside it.",
      "automodel doctor");
  app.add_option("--output", output, "the folder whose disk is tried")->capture_default_str();
  app.footer(
      "Exit code 1: nothing can be trained until a fix is made.\n"
      "Example: automodel doctor --output /scratch/runs");
  if (!parse_arguments(app, arguments)) {
    return ExitCode::ok;
  }
  bool prevented = false;
  for (const Finding& finding : examine(output)) {
    fmt::print("{:<11} {}\n", finding.title, finding.text);
    if (finding.fix) {
      fmt::print("            fix: {}\n", *finding.fix);
    }
    prevented = prevented || finding.prevents;
  }
  return prevented ? ExitCode::failure : ExitCode::ok;
}

}  // namespace

Command doctor_command() {
  return {"doctor", "Look at this machine and say what to fix", run};
}

}  // namespace automodel::cli
