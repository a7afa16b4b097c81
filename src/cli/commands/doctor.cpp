#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "base/command_line.h"
#include "base/environment.h"
#include "base/hub_cache.h"
#include "cli/commands/commands.h"
#include "cli/doctor/findings.h"

namespace automodel::cli {
namespace {

/// The variable that names the proxy for the hub, as libcurl looks for it.
std::string proxy_variable(const std::string& endpoint) {
  std::vector<const char*> names = {"http_proxy"};
  if (endpoint.starts_with("https://")) {
    names = {"https_proxy", "HTTPS_PROXY"};
  }
  names.insert(names.end(), {"all_proxy", "ALL_PROXY"});
  const auto found =
      std::ranges::find_if(names, [](const char* name) { return !environment(name).empty(); });
  return found == names.end() ? "" : *found;
}

Finding examine_hub() {
  try {
    const auto settings = hub::read_settings();
    const auto answer = settings.offline ? std::nullopt : std::optional(try_hub(settings));
    return hub_finding(settings, answer, proxy_variable(settings.endpoint));
  } catch (const Error& error) {
    return {.title = "hub",
            .text = error.message(),
            .fix = "correct or unset the variable: downloads fail with it"};
  }
}

std::vector<Finding> examine(const std::string& output) {
  const auto engine = ask_engine();
  const auto memory = find_memory();
  return {program_finding(engine),
          processor_finding(this_processor()),
          kernels_finding(supported_isas(), environment("AUTOMODEL_ISA")),
          cores_finding(find_cores()),
          memory_finding(memory),
          huge_pages_finding(memory),
          gpu_finding(find_gpus(), engine),
          disk_finding(try_disk(output)),
          examine_hub(),
          cache_finding(hub_cache_folder())};
}

void print(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    fmt::print("{:<12}{}\n", finding.title, finding.text);
    if (finding.fix) {
      fmt::print("            {}: {}\n", finding.prevents ? "TO FIX FIRST" : "fix", *finding.fix);
    }
  }
}

Json to_json(const std::vector<Finding>& findings) {
  Json out = Json::array();
  for (const Finding& finding : findings) {
    out.push_back({{"title", finding.title},
                   {"text", finding.text},
                   {"fix", finding.fix ? Json(*finding.fix) : Json(nullptr)},
                   {"prevents", finding.prevents},
                   {"facts", finding.facts}});
  }
  return out;
}

struct DoctorLine {
  static constexpr const char* kName = "doctor";
  static constexpr const char* kSummary = "Look at this machine and say what to fix";

  std::string output = ".";
  bool json = false;

  void declare(CLI::App& app) {
    app.description(
        "Looks at this machine: program and LibTorch, processor and kernels, cores, memory, GPU, "
        "the disk that runs are written to, the hub. Below each finding that needs one is its fix. "
        "Exit code 1: nothing can be trained until a fix is made");
    app.add_option("--output", output, "the folder whose disk is tried, with 64 MiB")
        ->capture_default_str();
    app.add_flag("--json", json, "print a JSON array instead");
    app.footer("Example: automodel doctor --output runs");
  }
};

ExitCode run_doctor(const DoctorLine& line, Arguments) {
  const auto findings = examine(line.output);
  if (line.json) {
    fmt::print("{}\n", to_json(findings).dump(1, ' ', false, Json::error_handler_t::replace));
  } else {
    print(findings);
  }
  const bool prevented =
      std::ranges::any_of(findings, [](const Finding& finding) { return finding.prevents; });
  return prevented ? ExitCode::failure : ExitCode::ok;
}

}  // namespace

Command doctor_command() { return make_command<DoctorLine>(run_doctor); }

}  // namespace automodel::cli
