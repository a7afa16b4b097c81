#include "recipes/benchmark.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "base/isa.h"
#include "base/meter.h"
#include "base/stopwatch.h"
#include "plan/run_cost.h"
#include "recipes/benchmark/bench_report.h"
#include "recipes/benchmark/roofline.h"
#include "recipes/finetune/run_data.h"
#include "tensor/device.h"
#include "tensor/dtype.h"
#include "tensor/library.h"
#include "tensor/threads.h"

namespace automodel::recipes {
namespace {

BenchStep measured_step(RunState& state, data::Loader& loader, const config::Recipe& recipe) {
  const auto before = processor_use();
  const auto step = run_step(state, loader, step_options(recipe));
  const auto after = processor_use();
  return {.metrics = step.metrics,
          .cpu_seconds = after.cpu_seconds - before.cpu_seconds,
          .page_faults = after.page_faults - before.page_faults,
          .flops = step_flops(state.run, step.batch)};
}

void tell(const BenchReport& report, const BenchPlan& plan, bool as_json) {
  const auto json = to_json(report).dump();
  if (plan.json_path) {
    write_file_atomic(*plan.json_path, json + "\n");
  }
  const auto lines = as_json ? std::vector<std::string>{json} : describe(report);
  for (const auto& line : lines) {
    fmt::print("{}\n", line);
  }
}

/// Of rows that have one length.
std::optional<std::int64_t> made_up_length(const config::Recipe& recipe,
                                           const BenchOptions& options) {
  const Json length = recipe.dataset.keys.value("seq_len", Json());
  return length.is_number_integer() && options.rows.empty()
             ? std::optional(length.get<std::int64_t>())
             : std::nullopt;
}

/// Before hours of measuring rather than after them.
void make_folder(const BenchPlan& plan) {
  const auto folder = std::filesystem::path(plan.json_path.value_or("")).parent_path();
  if (!folder.empty()) {
    std::filesystem::create_directories(folder);
  }
}

/// What a recipe leaves open ("auto") is found from its keys alone.
void choose_recompute(const config::Recipe& recipe, RunModel& run) {
  if (!recipe.distributed.activation_checkpointing) {
    const auto storage = plan::storage_of(dtype_name(run.storage));
    const auto cost = plan::cost_of(recipe, run.model.spec(),
                                    {.machine = plan::this_machine(), .storage = storage});
    run.model.set_recompute(cost.step.batch.recompute);
  }
}

}  // namespace

ExitCode run_benchmark(const config::LoadedRecipe& loaded, const BenchOptions& options) {
  const config::Recipe& recipe = loaded.recipe;
  for (const auto& warning : loaded.warnings) {
    fmt::print(stderr, "warning: {}\n", warning);
  }
  const BenchPlan plan = plan_benchmark(recipe, options);
  make_folder(plan);
  install_arena_allocator();
  const auto batches = corpus::loader_options(recipe);
  BenchReport report{.batch_size = batches.global_batch_size,
                     .micro_batch_size = batches.local_batch_size,
                     .seq_len = made_up_length(recipe, options)};
  report.machine = {.processor = this_processor(),
                    .num_threads = configure_threads(options.num_threads),
                    .own_kernels = std::string(isa_name(chosen_isa())),
                    .kernels = torch_kernels()};
  report.peak_flops = plan.peak_flops;

  Stopwatch watch;
  RunModel run = load_run_model(recipe);
  choose_recompute(recipe, run);
  report.model = describe_model(run);
  report.load_seconds = watch.lap();
  const auto loader = make_bench_loader(recipe, run.source, options);
  train::Optimizer optimizer(run.model.parameters().trained(), recipe.optimizer,
                             train::parameter_names(run.model.spec()));
  RunState state{.run = run,
                 .optimizer = optimizer,
                 .schedule = config::plan_rates(recipe, plan.warmup_steps + plan.num_steps)};
  for (std::int64_t i = 0; i < plan.warmup_steps; ++i) {
    report.warmup.push_back(measured_step(state, *loader, recipe));
  }
  report.peak_is_of_steps = reset_peak_memory(run.model.options().device);
  reset_allocator_peak();
  start_meter();
  for (std::int64_t i = 0; i < plan.num_steps; ++i) {
    report.steps.push_back(measured_step(state, *loader, recipe));
  }
  report.operations = stop_meter();
  report.peak_memory_bytes = peak_memory_bytes(run.model.options().device);
  report.allocator = allocator_stats();
  report.machine.matmul_flops = measure_matmul_flops(run.compute.dtype, run.model.options().device);
  tell(report, plan, options.json);
  return ExitCode::ok;
}

}  // namespace automodel::recipes
