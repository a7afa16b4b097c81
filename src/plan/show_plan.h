#pragma once
// `automodel plan`: what a run will take, as text or JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/load.h"
#include "plan/run_cost.h"

namespace CLI {
class App;
}

namespace automodel::plan {

struct PlanOptions {
  static constexpr const char* kName = "plan";
  static constexpr const char* kSummary =
      "Say what a training run will take: memory, arithmetic, time";

  std::string recipe;
  std::vector<std::string> overrides;
  std::optional<std::int64_t> devices, length;
  std::optional<double> memory, flops, bandwidth;
  bool json = false;

  void declare(CLI::App& app);
};

/// Prints the plan of the recipe's model, which `spec` is, to standard output. `storage`: as
/// auto_storage; none: found by it. Throws as cost_of and auto_storage.
void show_plan(const PlanOptions& options, const config::LoadedRecipe& loaded,
               const spec::ModelSpec& spec, std::optional<Storage> storage = std::nullopt);

}  // namespace automodel::plan
