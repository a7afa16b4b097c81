#include "usage/bench.h"

#include "base/command_line.h"
#include "config/load.h"
#include "engine/commands/commands.h"
#include "recipes/benchmark.h"

namespace automodel::engine {
namespace {

ExitCode run_bench(const usage::Bench& line, Arguments) {
  return recipes::run_benchmark(config::load_recipe(line.recipe, line.overrides),
                                {.warmup_steps = line.warmup_steps,
                                 .num_steps = line.num_steps,
                                 .rows = line.rows,
                                 .num_threads = line.num_threads,
                                 .json = line.json});
}

}  // namespace

Command bench_command() { return make_command<usage::Bench>(run_bench); }

}  // namespace automodel::engine
