#include "engine/commands/bench.h"

#include <CLI/CLI.hpp>

#include "config/load.h"
#include "config/run_options.h"
#include "recipes/benchmark.h"

namespace automodel::engine {
namespace {

ExitCode run_bench(Arguments arguments) {
  const auto split = config::split_overrides(arguments, config::kBenchOptions);
  std::string recipe;
  recipes::BenchOptions options;
  CLI::App app("Measures the training step of a recipe. --a.b.c VALUE overrides a key of it",
               "automodel bench");
  app.add_option("recipe", recipe, "YAML file")->required();
  app.add_option("--warmup", options.warmup_steps,
                 "steps before those that count, instead of the recipe's");
  app.add_option("--steps", options.num_steps, "steps that count, instead of the recipe's");
  app.add_option("--rows", options.rows,
                 "rows of tokens instead of the recipe's data set: a file of JSON lines "
                 "{\"input_ids\": [...], \"labels\": [...]}");
  app.add_option("--threads", options.num_threads, "0: all cores");
  app.add_flag("--json", options.json, "print one line of JSON");
  if (!parse_arguments(app, split.own)) {
    return ExitCode::ok;
  }
  return recipes::run_benchmark(config::load_recipe(recipe, split.overrides), options);
}

}  // namespace

Command bench_command() { return {"bench", "Measure a recipe's training step", run_bench}; }

}  // namespace automodel::engine
