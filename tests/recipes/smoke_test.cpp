#include "recipes/smoke.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

TEST(MakeSmall, KeepsHowItIsTrained) {
  const TinyRecipe tiny;
  auto recipe = tiny.load({"--optimizer.lr=0.5", "--step_scheduler.local_batch_size=8",
                           "--step_scheduler.global_batch_size=64", "--distributed.tp_size=1"})
                    .recipe;
  recipe.distributed.tp_size = 4;
  const auto notes = make_small(recipe, tiny.path("smoke"));
  EXPECT_EQ(recipe.model.entry, config::ModelEntry::from_config);
  EXPECT_EQ(recipe.optimizer.lr, 0.5);
  EXPECT_EQ(recipe.step_scheduler.local_batch_size, 2);
  EXPECT_EQ(recipe.step_scheduler.global_batch_size, 4);
  EXPECT_EQ(recipe.step_scheduler.max_steps, 3);
  EXPECT_EQ(recipe.distributed.tp_size, 1);
  EXPECT_THAT(recipe.dataset.keys["path_or_dataset_id"].get<std::string>(),
              ::testing::EndsWith("smoke/train.jsonl"));
  EXPECT_THAT(notes, ::testing::Contains(::testing::HasSubstr("one, instead of tp_size 4")));
}

TEST(RunSmoke, RunsAndLeavesNothing) {
  const TinyRecipe tiny;
  EXPECT_EQ(run_smoke(tiny.load()), ExitCode::ok);
  EXPECT_FALSE(std::filesystem::exists(tiny.path("out")));
}

}  // namespace
}  // namespace automodel::recipes
