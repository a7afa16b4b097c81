#pragma once
// What a benchmark measures: which steps, on which rows.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "checkpoint/model_folder.h"
#include "config/recipe.h"
#include "data/loader.h"

namespace automodel::recipes {

/// What the command line adds to the recipe.
struct BenchOptions {
  std::optional<std::int64_t> warmup_steps;  // instead of the recipe's
  std::optional<std::int64_t> num_steps;     // measured ones, instead of the recipe's
  std::string rows;     // JSON lines with input_ids and labels, instead of the recipe's data set
  int num_threads = 0;  // as configure_threads()
  bool json = false;    // one line of JSON instead of text
};

struct BenchPlan {
  std::int64_t warmup_steps = 3;
  std::int64_t num_steps = 10;
  std::optional<double> peak_flops;      // of benchmark.peak_tflops
  std::optional<std::string> json_path;  // of benchmark.json_output_path
  bool operator==(const BenchPlan&) const = default;
};

/// A benchmark recipe says itself: benchmark.warmup_steps of its step_scheduler.max_steps steps are
/// not measured. Other recipes: 3 and 10 steps.
/// Throws Error(invalid_argument) if no step is left to measure.
BenchPlan plan_benchmark(const config::Recipe& recipe, const BenchOptions& options);

/// The rows in the order in which steps take them, again from the first when they end. Mock data
/// are made for the model's vocabulary where the model comes from a config, as upstream does.
/// Throws as make_token_row_dataset and load_run_data.
std::unique_ptr<data::Loader> make_bench_loader(const config::Recipe& recipe,
                                                const checkpoint::ModelFolder& source,
                                                const BenchOptions& options);

}  // namespace automodel::recipes
