#pragma once
// Measuring the training step of a recipe.

#include "base/exit_code.h"
#include "config/load.h"
#include "recipes/benchmark/bench_plan.h"

namespace automodel::recipes {

/// Trains as the recipe says, on its model and data, but keeps nothing: no checkpoint, no log, no
/// validation. Tells the figures of the steps after the warm-up on stdout, and writes them to
/// benchmark.json_output_path. Gradients are clipped, as in training. Throws Error.
ExitCode run_benchmark(const config::LoadedRecipe& loaded, const BenchOptions& options = {});

}  // namespace automodel::recipes
