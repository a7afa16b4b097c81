#pragma once
// What a run came to, told at its end.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "train/metrics.h"

namespace automodel::recipes {

/// Sums over the steps of this process.
struct RunTotals {
  std::int64_t num_steps = 0;
  std::int64_t num_tokens = 0;
  std::int64_t num_label_tokens = 0;
  double seconds = 0;  // in steps: without validation and saving
  std::int64_t peak_memory_bytes = 0;
  void add(const train::StepMetrics& metrics);
  bool operator==(const RunTotals&) const = default;
};

/// "steps", "tokens", "label_tokens", "step_seconds", "peak_memory_bytes".
Json to_json(const RunTotals& totals);

/// "trained 24 steps, 18 K tokens (768 learnt) in 1:05, 276 tokens/s; peak memory 1.43 GiB", and
/// where adapter, merged model or model lie inside `checkpoint`, the last one, and LOWEST_VAL
/// beside it, if that is another.
std::vector<std::string> describe_result(const RunTotals& totals,
                                         const std::optional<std::filesystem::path>& checkpoint);

}  // namespace automodel::recipes
