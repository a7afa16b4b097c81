#include "recipes/benchmark/bench_plan.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kBenchmark = {
    "--recipe=BenchmarkingRecipeForNextTokenPrediction",
    "--benchmark={'warmup_steps': 2, 'peak_tflops': 3, 'nsys_start': -1, 'nsys_end': -1, "
    "'nsys_ranks': [], 'json_output_path': 'figures.json'}",
    "--step_scheduler.max_steps=7",
    "--dataset={'_target_': "
    "'nemo_automodel.components.datasets.llm.mock_iterable_dataset.MockIterableDataset', "
    "'seq_len': 5, 'vocab_size': 9}"};

/// kBenchmark with another number of steps.
std::vector<std::string> benchmark(const std::string& max_steps) {
  auto out = kBenchmark;
  out.at(2) = "--step_scheduler.max_steps=" + max_steps;
  return out;
}

std::string complaint(const config::Recipe& recipe, const BenchOptions& options) {
  try {
    plan_benchmark(recipe, options);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(BenchPlan, ABenchmarkRecipeSaysItself) {
  const TinyRecipe tiny;
  const BenchPlan expected{
      .warmup_steps = 2, .num_steps = 5, .peak_flops = 3e12, .json_path = "figures.json"};
  EXPECT_EQ(plan_benchmark(tiny.load(kBenchmark).recipe, {}), expected);
}

TEST(BenchPlan, OtherRecipesAndTheCommandLine) {
  const TinyRecipe tiny;
  EXPECT_EQ(plan_benchmark(tiny.load().recipe, {}), BenchPlan{});
  const auto plan =
      plan_benchmark(tiny.load(kBenchmark).recipe, {.warmup_steps = 0, .num_steps = 4});
  EXPECT_EQ(plan.warmup_steps, 0);
  EXPECT_EQ(plan.num_steps, 4);
}

TEST(BenchPlan, NothingToMeasureIsAnError) {
  const TinyRecipe tiny;
  const auto recipe = tiny.load(benchmark("2")).recipe;
  EXPECT_THAT(complaint(recipe, {}), HasSubstr("must be above benchmark.warmup_steps, 2"));
  EXPECT_THAT(complaint(tiny.load().recipe, {.warmup_steps = -1}), HasSubstr("found -1"));
}

data::Batch first_batch(const TinyRecipe& tiny, const std::vector<std::string>& overrides,
                        const BenchOptions& options) {
  const auto recipe = tiny.load(overrides).recipe;
  const auto source = checkpoint::open_model(tiny.path("model").string());
  return make_bench_loader(recipe, source, options)->next().micro_batches.at(0);
}

TEST(BenchLoader, MockRowsOfTheRecipesSize) {
  const TinyRecipe tiny;
  const auto batch = first_batch(tiny, kBenchmark, {});
  EXPECT_EQ(batch.ids.size(), 15U);
  EXPECT_EQ(data::num_label_tokens(batch), 15);
  EXPECT_THAT(batch.ids, ::testing::Each(::testing::Lt(9)));
}

TEST(BenchLoader, RowsOfAFileInItsOrder) {
  const TinyRecipe tiny;
  write_text(tiny.path("rows.jsonl"), R"({"input_ids": [1, 2, 3], "labels": [-100, 2, 3]}
{"input_ids": [4, 5], "labels": [4, 5]}
{"input_ids": [6, 7]}
)");
  const auto batch = first_batch(tiny, kBenchmark, {.rows = tiny.path("rows.jsonl").string()});
  EXPECT_THAT(batch.ids, ::testing::ElementsAre(1, 2, 4, 6));
  EXPECT_THAT(batch.labels, ::testing::ElementsAre(2, 3, 5, 7));
}

TEST(BenchLoader, TheRecipesDataSetWithItsMasks) {
  const TinyRecipe tiny;
  const auto batch = first_batch(tiny, {}, {});
  EXPECT_GT(data::num_label_tokens(batch), 0);
  EXPECT_LT(data::num_label_tokens(batch), std::ssize(batch.ids));
}

}  // namespace
}  // namespace automodel::recipes
