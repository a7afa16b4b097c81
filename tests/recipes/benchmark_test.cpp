#include "recipes/benchmark.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "recipes/tiny_recipe.h"
#include "tests/checkpoint/tiny_gguf.h"

namespace automodel::recipes {
namespace {

TEST(RunBenchmark, TellsFiguresAndKeepsNothing) {
  const TinyRecipe tiny;
  ::testing::internal::CaptureStdout();
  const BenchOptions options{.warmup_steps = 1, .num_steps = 2, .json = true};
  EXPECT_EQ(run_benchmark(tiny.load(), options), ExitCode::ok);
  const Json told = parse_json(::testing::internal::GetCapturedStdout(), "stdout");
  EXPECT_EQ(told.at("losses").size(), 3U);
  EXPECT_EQ(told.at("s_steps").size(), 2U);
  EXPECT_FALSE(std::filesystem::exists(tiny.path("out")));
}

/// How much a step takes is planned without reading config.json, which a .gguf file has not.
TEST(RunBenchmark, ChoosesRecomputeForAGgufFile) {
  const TinyRecipe tiny;
  const auto model = tiny.path("model.gguf");
  write_text(model, testing::tiny_gguf());
  write_text(tiny.path("rows.jsonl"), R"({"input_ids": [1, 2, 3]})");
  const auto recipe =
      tiny.load({"--model.pretrained_model_name_or_path=" + model.string(),
                 "--distributed.activation_checkpointing=auto",
                 "--step_scheduler.global_batch_size=1", "--step_scheduler.local_batch_size=1"});
  ::testing::internal::CaptureStdout();
  const BenchOptions options{
      .warmup_steps = 0, .num_steps = 1, .rows = tiny.path("rows.jsonl").string(), .json = true};
  EXPECT_EQ(run_benchmark(recipe, options), ExitCode::ok);
  const Json told = parse_json(::testing::internal::GetCapturedStdout(), "stdout");
  EXPECT_EQ(told.at("losses").size(), 1U);
}

}  // namespace
}  // namespace automodel::recipes
