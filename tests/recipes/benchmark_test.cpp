#include "recipes/benchmark.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "recipes/tiny_recipe.h"

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

}  // namespace
}  // namespace automodel::recipes
