#include "recipes/finetune.h"

#include <gmock/gmock.h>

#include <csignal>

#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

TEST(RunFinetune, FromRecipeToCheckpointAndLogs) {
  const TinyRecipe tiny;
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_finetune(tiny.load({"--step_scheduler.validate_at_start"})), ExitCode::ok);
  const std::string told = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(told, ::testing::HasSubstr("step 2/2 | loss "));
  EXPECT_THAT(told, ::testing::HasSubstr("on held-out rows: "));
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/epoch_0_step_1/manifest.json")));
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/training.jsonl")));
}

TEST(RunFinetune, GoesOnWhereACheckpointIs) {
  const TinyRecipe tiny;
  ::testing::internal::CaptureStdout();
  run_finetune(tiny.load({"--step_scheduler.max_steps=1"}));
  run_finetune(tiny.load());
  const std::string told = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(told, ::testing::HasSubstr("going on from "));
  EXPECT_THAT(told, ::testing::HasSubstr("epoch_0_step_0"));
}

}  // namespace
}  // namespace automodel::recipes
