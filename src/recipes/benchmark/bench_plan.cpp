#include "recipes/benchmark/bench_plan.h"

#include "base/error.h"
#include "data/mock.h"
#include "data/token_rows.h"
#include "recipes/finetune/run_data.h"

namespace automodel::recipes {
namespace {

Json benchmark_section(const config::Recipe& recipe) {
  const auto found = recipe.other.find("benchmark");
  return found == recipe.other.end() ? Json::object() : found->second;
}

BenchPlan plan_of_recipe(const config::Recipe& recipe) {
  BenchPlan plan;
  if (!recipe.is_benchmark) {
    return plan;
  }
  const Json section = benchmark_section(recipe);
  plan.warmup_steps = section.at("warmup_steps").get<std::int64_t>();
  plan.num_steps = recipe.step_scheduler.max_steps.value_or(0) - plan.warmup_steps;
  plan.peak_flops = section.at("peak_tflops").get<double>() * 1e12;
  if (section.contains("json_output_path") && section.at("json_output_path").is_string()) {
    plan.json_path = section.at("json_output_path").get<std::string>();
  }
  return plan;
}

bool is_mock(const config::Recipe& recipe) {
  return recipe.dataset.target.ends_with(".MockIterableDataset");
}

std::shared_ptr<const data::Dataset> mock_rows(const config::Recipe& recipe,
                                               const checkpoint::ModelFolder& source) {
  const Json& keys = recipe.dataset.keys;
  return data::make_mock_dataset({.vocab_size = recipe.model.is_fresh()
                                                    ? source.spec.vocab_size
                                                    : keys.at("vocab_size").get<std::int64_t>(),
                                  .seq_len = keys.at("seq_len").get<std::int64_t>(),
                                  .num_samples = keys.at("num_samples").get<std::int64_t>(),
                                  .seed = static_cast<std::uint64_t>(recipe.seed)});
}

RunData training_data(config::Recipe recipe, const checkpoint::ModelFolder& source) {
  recipe.validation_datasets.clear();
  return load_run_data(recipe, source);
}

}  // namespace

BenchPlan plan_benchmark(const config::Recipe& recipe, const BenchOptions& options) {
  BenchPlan plan = plan_of_recipe(recipe);
  plan.warmup_steps = options.warmup_steps.value_or(plan.warmup_steps);
  plan.num_steps = options.num_steps.value_or(plan.num_steps);
  check(plan.warmup_steps >= 0, ErrorKind::invalid_argument,
        "the number of warm-up steps must not be negative, found {}", plan.warmup_steps);
  check(plan.num_steps > 0, ErrorKind::invalid_argument,
        "no step is left to measure: step_scheduler.max_steps must be above "
        "benchmark.warmup_steps, {} (or give --steps)",
        plan.warmup_steps);
  return plan;
}

std::unique_ptr<data::Loader> make_bench_loader(const config::Recipe& recipe,
                                                const checkpoint::ModelFolder& source,
                                                const BenchOptions& options) {
  auto loader = loader_options(recipe);
  if (!options.rows.empty()) {
    loader.shuffle = false;
    return std::make_unique<data::Loader>(data::make_token_row_dataset(options.rows), loader);
  }
  if (is_mock(recipe)) {
    loader.shuffle = false;
    return std::make_unique<data::Loader>(mock_rows(recipe, source), loader);
  }
  const RunData data = training_data(recipe, source);
  loader.lengths = data.lengths;
  return std::make_unique<data::Loader>(data.train.dataset, loader);
}

}  // namespace automodel::recipes
