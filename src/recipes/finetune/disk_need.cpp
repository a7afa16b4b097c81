#include "recipes/finetune/disk_need.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "base/text.h"
#include "plan/memory.h"

namespace automodel::recipes {
namespace {

std::int64_t num_bytes(const std::vector<nn::Parameter>& parameters) {
  std::int64_t bytes = 0;
  for (const auto& parameter : parameters) {
    bytes += static_cast<std::int64_t>(parameter.value.nbytes());
  }
  return bytes;
}

/// As many as matter: what more than these take has no disk.
std::int64_t num_due(const config::StepPlan& plan, std::int64_t next_step) {
  constexpr std::int64_t kMostSteps = 1'000'000;
  std::int64_t count = 0;
  const auto end = std::min(plan.end_step, next_step + kMostSteps);
  for (std::int64_t step = next_step; step < end; ++step) {
    count += plan.is_checkpoint_due(step) ? 1 : 0;
  }
  return count;
}

}  // namespace

DiskNeed disk_need(const config::Recipe& recipe, const RunModel& run,
                   const train::Optimizer& optimizer, const config::StepPlan& plan,
                   std::int64_t next_step) {
  const auto& section = recipe.checkpoint;
  if (!section.enabled) {
    return {};
  }
  const auto& parameters = run.model.parameters();
  constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
  // An old one is removed when the new one is there.
  const auto most = section.max_recent_checkpoints ? *section.max_recent_checkpoints + 1 : kAll;
  return {.num_checkpoints = std::min(num_due(plan, next_step), most),
          .checkpoint_bytes = num_bytes(parameters.trained()) + optimizer.state_bytes(),
          .merged_bytes = run.lora && section.merged_export ? num_bytes(parameters.all()) : 0};
}

std::vector<std::string> check_disk(const DiskNeed& need, const std::string& folder,
                                    std::uint64_t available) {
  const auto total = need.num_checkpoints * need.checkpoint_bytes + need.merged_bytes;
  if (static_cast<std::uint64_t>(total) <= available) {
    return {};
  }
  const auto one = need.num_checkpoints > 1 ? fmt::format(" ({} of {})", need.num_checkpoints,
                                                          plan::bytes_text(need.checkpoint_bytes))
                                            : "";
  return {
      fmt::format("the checkpoints of this run take about {}{}, but the disk of {} has {} left: "
                  "saving will fail, and what was trained since the last one is lost. Free some "
                  "space, let checkpoint.max_recent_checkpoints keep fewer or choose another "
                  "checkpoint.checkpoint_dir",
                  plan::bytes_text(total), one, folder, human_bytes(available))};
}

std::vector<std::string> check_disk(const DiskNeed& need, const std::string& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return error ? std::vector<std::string>() : check_disk(need, folder, space.available);
}

}  // namespace automodel::recipes
