#pragma once
// `automodel bench`.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace automodel::usage {

struct Bench {
  static constexpr const char* kName = "bench";
  static constexpr const char* kSummary = "Measure a recipe's training step";

  std::string recipe;
  std::vector<std::string> overrides;
  std::optional<std::int64_t> warmup_steps;
  std::optional<std::int64_t> num_steps;
  std::string rows;
  int num_threads = 0;
  bool json = false;

  void declare(CLI::App& app);
};

}  // namespace automodel::usage
