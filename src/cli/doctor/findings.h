#pragma once
// What follows from what was seen: one function for each line of `automodel doctor`.

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "base/isa.h"
#include "base/processor.h"
#include "cli/doctor/finding.h"
#include "cli/doctor/machine.h"
#include "cli/doctor/probes.h"

namespace automodel::cli {

/// The two programs and LibTorch: what the engine says, if it runs.
Finding program_finding(const std::optional<Json>& engine);

Finding processor_finding(const Processor& processor);

/// Which of the own kernels run; `wanted`: AUTOMODEL_ISA.
Finding kernels_finding(std::span<const Isa> supported, std::string_view wanted);

Finding cores_finding(const Cores& cores);
Finding memory_finding(const Memory& memory);
Finding huge_pages_finding(const Memory& memory);
Finding gpu_finding(const std::vector<std::string>& names, const std::optional<Json>& engine);
Finding disk_finding(const Disk& disk);

/// `answer` is empty if the hub was not tried, since settings.offline; `proxy`: the variable that
/// names one, if any does.
Finding hub_finding(const hub::Settings& settings, const std::optional<HubAnswer>& answer,
                    std::string_view proxy);

/// Where downloads go, and whether they can.
Finding cache_finding(const std::filesystem::path& cache);

}  // namespace automodel::cli
